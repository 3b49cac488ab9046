import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { debugSelector } from '../label-text.ts'
import { objectAt, sizeAt, textAt } from '../members.ts'

/** Of mutating and of validating webhook configurations. */
export const WEBHOOK_CONFIGURATIONS: TableColumns = tableOf(
  NAME,
  column('Webhooks', 'integer', 'How many webhooks it has', (each) => sizeAt(each, 'webhooks')),
  AGE,
)

export const VALIDATING_ADMISSION_POLICIES: TableColumns = tableOf(
  NAME,
  column('Validations', 'integer', 'How many validations it makes', (policy) =>
    sizeAt(policy, 'spec', 'validations'),
  ),
  column('ParamKind', 'string', 'The kind of its parameters', paramKind),
  AGE,
)

export const MUTATING_ADMISSION_POLICIES: TableColumns = tableOf(
  NAME,
  column('Mutations', 'integer', 'How many mutations it makes', (policy) =>
    sizeAt(policy, 'spec', 'mutations'),
  ),
  column('ParamKind', 'string', 'The kind of its parameters', paramKind),
  AGE,
)

/** Of the bindings of both kinds of admission policies. */
export const ADMISSION_POLICY_BINDINGS: TableColumns = tableOf(
  NAME,
  column('PolicyName', 'string', 'The policy that is bound', (binding) =>
    textAt(binding, 'spec', 'policyName'),
  ),
  column('ParamRef', 'string', 'The parameters that the policy gets', paramRef),
  AGE,
)

function paramKind(policy: JsonObject): string {
  const kind = objectAt(policy, 'spec', 'paramKind')
  return kind ? `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}` : '<unset>'
}

function paramRef(binding: JsonObject): string {
  const reference = objectAt(binding, 'spec', 'paramRef')
  const name = textAt(reference, 'name')
  if (name !== '') return `${textAt(reference, 'namespace') || '*'}/${name}`
  const selector = objectAt(reference, 'selector')
  return selector ? debugSelector(selector) : '<unset>'
}
