module tarsier/examples/transactions/load

go 1.22
