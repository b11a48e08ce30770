import re

import pytest
from django.template import Context, Template, TemplateSyntaxError

pytestmark = pytest.mark.urls("titulaire.ui.tests.gallery")


def test_every_component_renders(client, settings):
    page = client.get("/galerie/").content.decode()
    assert page.count("<h1>") == 1
    assert ' style="' not in page


def test_errors_are_named_in_the_title_and_linked_to_their_fields(client):
    page = client.get("/galerie/?erreurs=1").content.decode()
    assert "<title>Erreur : " in page
    assert 'href="#id_received_on"' in page
    assert 'aria-describedby="id_received_on_helptext id_received_on_error"' in page


def test_a_fact_of_zero_is_a_fact():
    page = Template("{% facts pairs %}").render(
        Context({"pairs": [("Rejets", 0), ("Fin", None), ("Note", "")]})
    )
    assert re.findall("<dd>(.*?)</dd>", page) == ["0", "—", "—"]


def test_an_unknown_tone_is_a_mistake_of_ours():
    with pytest.raises(TemplateSyntaxError, match="unknown tone"):
        Template('{% status "A" "B" "green" %}').render(Context())
