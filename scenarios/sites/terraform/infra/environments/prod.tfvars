environment     = "prod"
alias           = "www.tarnmoor.example"
bucket          = "tarnmoor-prod"
certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000011"
