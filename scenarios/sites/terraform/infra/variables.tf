variable "environment" {
  description = "staging or prod"
  type        = string
}

variable "region" {
  description = "Where the bucket is"
  type        = string
  default     = "us-east-1"
}

variable "alias" {
  description = "The name viewers type"
  type        = string
}

variable "bucket" {
  description = "Holds the pages; records of deployments go to the one called like it with -deployments"
  type        = string
}

variable "certificate_arn" {
  description = "Of the alias; a certificate for CloudFront lives in us-east-1"
  type        = string
}
