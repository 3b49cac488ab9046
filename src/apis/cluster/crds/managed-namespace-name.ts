import { string } from '../../schema/builder.ts'
import { DNS_LABEL_PATTERN } from '../../schema/kubernetes.ts'
import type { Schema } from '../../schema/schema.ts'

export function managedNamespaceName(): Schema<string> {
  return string('The namespace on the managed clusters.', { pattern: DNS_LABEL_PATTERN, maxLength: 63 })
}
