# What somebody must look at: throttles and errors of the decrypt function, envelopes that do not open, failing edges.

resource "aws_cloudwatch_log_metric_filter" "decryption_failed" {
  name           = "fieldseal-decryption-failed"
  log_group_name = aws_cloudwatch_log_group.decrypt.name
  pattern        = "\"DECRYPTION_FAILED\""

  metric_transformation {
    namespace = "Fieldseal"
    name      = "DecryptionFailed"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "decrypt" {
  for_each = toset(["Throttles", "Errors"])

  alarm_name          = "fieldseal-decrypt-${lower(each.key)}"
  namespace           = "AWS/Lambda"
  metric_name         = each.key
  dimensions          = { FunctionName = aws_lambda_function.decrypt.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topics.decrypt]
}

# A few can be a wrong context; many are copied or edited envelopes, or a replaced key.
resource "aws_cloudwatch_metric_alarm" "decryption_failed" {
  alarm_name          = "fieldseal-envelopes-do-not-open"
  namespace           = "Fieldseal"
  metric_name         = "DecryptionFailed"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topics.decrypt]
}

resource "aws_cloudwatch_metric_alarm" "edge" {
  provider            = aws.us_east_1
  alarm_name          = "fieldseal-edge-5xx"
  namespace           = "AWS/CloudFront"
  metric_name         = "5xxErrorRate"
  dimensions          = { DistributionId = aws_cloudfront_distribution.shop.id, Region = "Global" }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topics.edge]
}
