"""Components for every page: they take plain values and know nothing of a contract."""

from django import template

register = template.Library()
