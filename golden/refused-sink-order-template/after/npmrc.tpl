//npm.example.com/:_authToken=@TOKEN@
