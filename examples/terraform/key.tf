# The KMS key whose public half is at the edge. Its policy is the boundary: only the decrypt function's role opens.

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "field_key" {
  # Administration without use: no Encrypt, Decrypt, ReEncrypt, CreateGrant.
  statement {
    sid = "Administer"
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
    actions = [
      "kms:Describe*", "kms:List*", "kms:Get*", "kms:Put*", "kms:Update*", "kms:Enable*", "kms:Disable*",
      "kms:TagResource", "kms:UntagResource", "kms:CreateAlias", "kms:DeleteAlias",
      "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
    ]
    resources = ["*"]
  }

  statement {
    sid = "PullPublicKey"
    principals {
      type        = "AWS"
      identifiers = [var.deploy_role_arn]
    }
    actions   = ["kms:GetPublicKey", "kms:DescribeKey"]
    resources = ["*"]
  }

  statement {
    sid = "Decrypt"
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.decrypt.arn]
    }
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionAlgorithm"
      values   = ["RSAES_OAEP_SHA_256"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }
  }

  # Whatever IAM policies or later statements allow: each of these denies on its own. Re-encryption decrypts, too.
  statement {
    sid    = "OnlyTheDecryptRole"
    effect = "Deny"
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["kms:Decrypt", "kms:ReEncryptFrom"]
    resources = ["*"]
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [aws_iam_role.decrypt.arn]
    }
  }

  statement {
    sid    = "OnlyTheOrganization"
    effect = "Deny"
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["kms:Decrypt", "kms:ReEncryptFrom"]
    resources = ["*"]
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }
  }

  statement {
    sid    = "OnlyOaepSha256"
    effect = "Deny"
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["kms:Decrypt", "kms:ReEncryptFrom"]
    resources = ["*"]
    condition {
      test     = "StringNotEquals"
      variable = "kms:EncryptionAlgorithm"
      values   = ["RSAES_OAEP_SHA_256"]
    }
  }
}

resource "aws_kms_key" "field_key" {
  description              = "Fieldseal: fields of kid pii-1"
  customer_master_key_spec = "RSA_2048"
  key_usage                = "ENCRYPT_DECRYPT"
  policy                   = data.aws_iam_policy_document.field_key.json
  deletion_window_in_days  = 30

  # Without the key every sealed value is lost.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "field_key" {
  name          = "alias/fieldseal-pii-1"
  target_key_id = aws_kms_key.field_key.key_id
}
