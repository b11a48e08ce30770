import pytest

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
