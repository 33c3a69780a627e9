# The decrypt function: a role of its own, logs that are kept, no rights beyond them. The key's policy lets it decrypt.

data "aws_iam_policy_document" "decrypt_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "decrypt_logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.decrypt.arn}:*"]
  }
}

resource "aws_iam_role" "decrypt" {
  name               = "fieldseal-decrypt"
  assume_role_policy = data.aws_iam_policy_document.decrypt_trust.json
}

resource "aws_iam_role_policy" "decrypt_logs" {
  role   = aws_iam_role.decrypt.id
  policy = data.aws_iam_policy_document.decrypt_logs.json
}

# The audit trail of who opened what is here, too.
resource "aws_cloudwatch_log_group" "decrypt" {
  name              = "/aws/lambda/fieldseal-decrypt"
  retention_in_days = 365
  skip_destroy      = true
}

resource "aws_lambda_function" "decrypt" {
  function_name    = "fieldseal-decrypt"
  role             = aws_iam_role.decrypt.arn
  filename         = var.decrypt_zip
  source_code_hash = filebase64sha256(var.decrypt_zip)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  memory_size      = 512
  timeout          = 10
  # A ceiling for calls to KMS, whose quota all RSA keys of the account share.
  reserved_concurrent_executions = 50

  environment {
    variables = { TENANT = var.tenant }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.decrypt.name
  }
}
