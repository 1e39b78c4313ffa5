# A day at the edge; a deployment invalidates. What a page is called does not depend on cookies,
# headers or the query.
resource "aws_cloudfront_cache_policy" "pages" {
  name        = "${var.bucket}-pages"
  comment     = "A day, whatever the query says"
  min_ttl     = 0
  default_ttl = 86400
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "security" {
  name    = "${var.bucket}-security"
  comment = "What every answer tells the browser"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      override                   = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "same-origin"
      override        = true
    }
  }

  custom_headers_config {
    items {
      header   = "permissions-policy"
      value    = "camera=(), geolocation=(), microphone=()"
      override = true
    }
  }

  # Nobody needs to know which version of an object they were given.
  remove_headers_config {
    items {
      header = "x-amz-version-id"
    }
  }
}
