terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

# Where origin and decrypt function live.
provider "aws" {
  region = var.region
}

# Lambda@Edge functions and the metrics of CloudFront live here, whatever the other Region is.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}
