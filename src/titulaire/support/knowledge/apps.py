from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "titulaire.support.knowledge"
    label = "knowledge"
