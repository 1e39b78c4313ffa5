# Works the same with OpenTofu 1.10 and newer: `tofu` instead of `terraform`.
terraform {
  # The first with a lock file in the state's bucket.
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.95"
    }
  }

  # What differs between the environments is in environments/ENVIRONMENT.s3.tfbackend.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      site        = "tarnmoor"
      environment = var.environment
    }
  }
}
