"""The door of the web server."""

import atexit
import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
application = get_wsgi_application()

# Every view is loaded now, then what is loaded is put aside: a full collection would walk through it in the
# middle of a page, and hold every thread for more than a tenth of a second.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)
