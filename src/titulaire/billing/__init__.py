"""Invoices, credit notes and payments of both contracts; Factur-X and the fields of Chorus Pro."""
