from titulaire.vouchers.orders.tests.conftest import (
    every_contract_of_these_tests_has_the_same_terms as every_contract_of_these_tests_has_the_same_terms,
)
