resource "aws_cloudfront_function" "addresses" {
  name    = "${var.bucket}-addresses"
  comment = "Short addresses: /timetable/ is /timetable/index.html"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/functions/addresses.js")
}
