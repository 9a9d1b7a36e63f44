module acme.example/app
