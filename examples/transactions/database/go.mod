module tarsier/examples/transactions/database

go 1.22
