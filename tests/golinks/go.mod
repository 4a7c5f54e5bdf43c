module tarsier.example/golinks

go 1.21
