module tarsier.test/tls

go 1.19
