variable "region" {
  type    = string
  default = "us-east-1"
}

variable "organization_id" {
  type        = string
  description = "Only principals of this AWS organization may decrypt"
}

variable "deploy_role_arn" {
  type        = string
  description = "Runs `fieldseal pull-key` and `fieldseal bundle --verify-kms`"
}

variable "domain_name" {
  type        = string
  description = "What viewers ask for; its certificate is in us-east-1"
}

variable "certificate_arn" {
  type = string
}

variable "alarm_topics" {
  type        = object({ decrypt = string, edge = string })
  description = "SNS topics of those who answer: one in the Region of the decrypt function, one in us-east-1"
}

variable "origin_domain" {
  type = string
}

variable "origin_secret" {
  type        = string
  sensitive   = true
  description = "Header value that proves passage through CloudFront; keep the state encrypted"
}

variable "tenant" {
  type        = string
  description = "The one tenant that this decrypt function serves"
}

variable "edge_zip" {
  type        = string
  default     = "build/function.zip"
  description = "What `fieldseal bundle` wrote"
}

variable "decrypt_zip" {
  type        = string
  default     = "build/decrypt.zip"
  description = "index.mjs of the decrypt function, and policy.json"
}
