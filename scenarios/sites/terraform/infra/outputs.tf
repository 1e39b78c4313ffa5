output "bucket" {
  description = "Where the pages go"
  value       = aws_s3_bucket.site.id
}

output "distribution_id" {
  description = "What is invalidated after a deployment"
  value       = aws_cloudfront_distribution.site.id
}
