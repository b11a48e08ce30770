from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("facts", "0002_live"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="unlisted",
            field=models.JSONField(default=dict),
        ),
    ]
