module tarsier/examples/transactions/core

go 1.22
