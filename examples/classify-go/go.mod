module classify

go 1.24
