"""The address that other systems transmit to, with a key, outside the pages of people."""

from django.urls import path

from titulaire.vouchers.orders.views import transmission

urlpatterns = [path("", transmission.order_transmit, name="order_transmit")]
