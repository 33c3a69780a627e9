# The edge function, and the distribution that sends every request with its body through it.

data "aws_iam_policy_document" "edge_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    }
  }
}

# Replicas write logs in the Region where they run.
data "aws_iam_policy_document" "edge_logs" {
  statement {
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:*:${data.aws_caller_identity.current.account_id}:log-group:/aws/lambda/us-east-1.fieldseal-edge*"]
  }
}

resource "aws_iam_role" "edge" {
  name               = "fieldseal-edge"
  assume_role_policy = data.aws_iam_policy_document.edge_trust.json
}

resource "aws_iam_role_policy" "edge_logs" {
  role   = aws_iam_role.edge.id
  policy = data.aws_iam_policy_document.edge_logs.json
}

resource "aws_lambda_function" "edge" {
  provider         = aws.us_east_1
  function_name    = "fieldseal-edge"
  role             = aws_iam_role.edge.arn
  filename         = var.edge_zip
  source_code_hash = filebase64sha256(var.edge_zip)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["x86_64"]
  memory_size      = 512
  timeout          = 10

  # A numbered version: CloudFront takes no other.
  publish = true
  # Replicas outlive the association by hours; deleting the function before they are gone fails.
  skip_destroy = true
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "all_viewer_except_host" {
  name = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_distribution" "shop" {
  enabled = true
  aliases = [var.domain_name]

  origin {
    origin_id   = "api"
    domain_name = var.origin_domain
    custom_header {
      name  = "x-fieldseal-secret"
      value = var.origin_secret
    }
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id         = "api"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = data.aws_cloudfront_cache_policy.disabled.id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_viewer_except_host.id
    lambda_function_association {
      event_type   = "origin-request"
      lambda_arn   = aws_lambda_function.edge.qualified_arn
      include_body = true
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # The default certificate of cloudfront.net would admit TLS 1.0.
  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}
