import type { ResourceRequirements, Toleration } from '../core/v1.ts'
import type { Condition, LabelSelector } from '../meta/v1.ts'
import {
  enumeration,
  int64,
  intOrString,
  list,
  map,
  narrowed,
  object,
  required,
  string,
  timestamp,
} from './builder.ts'
import type { Schema } from './schema.ts'

/** Shapes that Kubernetes itself defines, as they are in the schemas of custom resources. */

/** `prefix/name`, the prefix being a DNS name. */
export const QUALIFIED_NAME_PATTERN =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$'

/** An RFC 1123 label. */
export const DNS_LABEL_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'

/** An RFC 1123 subdomain. */
export const DNS_NAME_PATTERN = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$'

/** A host's name, which may have capital letters. */
export const HOST_NAME_PATTERN =
  '^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9])\\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\\-]*[A-Za-z0-9])$'

const QUANTITY_PATTERN =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$'

/** `500m`, `1Gi`, `2`. */
export function quantity(description: string): Schema<number | string> {
  return intOrString(description, { pattern: QUANTITY_PATTERN })
}

export function condition(): Schema<Condition> {
  return object('One aspect of the observed state.', {
    type: required(
      string('What is said, in CamelCase.', { pattern: QUALIFIED_NAME_PATTERN, maxLength: 316 }),
    ),
    status: required(enumeration('Whether it holds.', ['True', 'False', 'Unknown'])),
    reason: required(
      string('Why, as one word in CamelCase.', {
        pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
        minLength: 1,
        maxLength: 1024,
      }),
    ),
    message: required(string('Why, for people.', { maxLength: 32768 })),
    lastTransitionTime: required(timestamp('When the status changed last.')),
    observedGeneration: int64('The generation of the object that this was said of.', { minimum: 0 }),
  })
}

/** One condition of a type at most. */
export function conditions(description = 'Aspects of the observed state.'): Schema<readonly Condition[]> {
  return list(description, condition(), { mapKeys: ['type'] })
}

export function labelSelector(description: string): Schema<LabelSelector> {
  return narrowed(
    object(
      description,
      {
        matchLabels: map('Labels that must be there with these values.', string('The value.')),
        matchExpressions: list(
          'Requirements, all of which must hold.',
          selectorRequirement('A label must meet this.'),
          {
            atomic: true,
          },
        ),
      },
      { atomic: true },
    ),
  )
}

/** A requirement of a label selector, or of one of the same form for other things. */
export function selectorRequirement(
  description: string,
): Schema<NonNullable<LabelSelector['matchExpressions']>[number]> {
  return narrowed(
    object(description, {
      key: required(string('Which key this is about.')),
      operator: required(string('In, NotIn, Exists or DoesNotExist.')),
      values: list('The values of In and NotIn.', string('One of them.'), { atomic: true }),
    }),
  )
}

/** A toleration of a Pod. */
export function toleration(): Schema<Toleration> {
  return narrowed(
    object('A taint of nodes that is no obstacle.', {
      key: string('The taint. Absent means all.'),
      operator: string('Equal (default) or Exists.'),
      value: string('The value of the taint, for Equal.'),
      effect: string('The effect of the taint. Absent means all.'),
      tolerationSeconds: int64('For how long NoExecute is tolerated. Absent means forever.'),
    }),
  )
}

export function resourceRequirements(description: string): Schema<ResourceRequirements> {
  return narrowed(
    object(description, {
      claims: list(
        'Resources that are claimed by name.',
        object('A claim.', {
          name: required(string('A claim of the Pod.')),
          request: string('One of its requests. Absent means all.'),
        }),
        { mapKeys: ['name'] },
      ),
      limits: map('How much may be used.', quantity('How much of one resource.')),
      requests: map('How much is set aside.', quantity('How much of one resource.')),
    }),
  )
}
