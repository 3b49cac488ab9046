import { pathSegmentProblems, subdomainProblems } from '../../common/name-rules.ts'
import { type FieldError, invalid, notSupported, required } from '../api/field-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { labelSelectorErrors } from '../selectors/index.ts'
import {
  type AggregationRule,
  type Binding,
  type ClusterRole,
  type PolicyRule,
  RBAC_GROUP,
  type Role,
  type RoleRef,
  type Subject,
} from './rbac-objects.ts'

/** What is wrong with RBAC's objects besides their metadata, in Kubernetes' words (kubernetes, apis/rbac/validation). */

interface UncheckedBinding {
  readonly roleRef?: Partial<RoleRef>
  readonly subjects?: readonly Partial<Subject>[] | null
}

export function roleErrors({ rules }: Role): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => ruleErrors(rule, true, `rules[${index}]`))
}

export function clusterRoleErrors({ rules, aggregationRule }: ClusterRole): FieldError[] {
  return [
    ...(rules ?? []).flatMap((rule, index) => ruleErrors(rule, false, `rules[${index}]`)),
    ...(aggregationRule ? aggregationErrors(aggregationRule) : []),
  ]
}

export function roleBindingErrors(binding: Binding): FieldError[] {
  return bindingErrors(binding, ['Role', 'ClusterRole'], true)
}

export function clusterRoleBindingErrors(binding: Binding): FieldError[] {
  return bindingErrors(binding, ['ClusterRole'], false)
}

/** Whoever was trusted to name the subjects of one role is not thereby trusted with another. */
export function bindingUpdateErrors({ roleRef }: Binding, old: Binding): FieldError[] {
  const { apiGroup = '', kind, name } = roleRef
  const isSame =
    apiGroup === (old.roleRef.apiGroup ?? '') && kind === old.roleRef.kind && name === old.roleRef.name
  if (isSame) return []
  // The original prints a type of its own here, whose fields have other names.
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
}

/** What a client may leave out of a binding. Without it, a binding of an unchecked shape is none yet. */
export function withBindingDefaults(object: KubeObject): Binding {
  const { roleRef, subjects, ...rest } = object as KubeObject & UncheckedBinding
  return {
    ...rest,
    ...(subjects ? { subjects: subjects.map(withSubjectDefaults) } : {}),
    roleRef: {
      apiGroup: roleRef?.apiGroup || RBAC_GROUP,
      kind: roleRef?.kind ?? '',
      name: roleRef?.name ?? '',
    },
  }
}

function withSubjectDefaults({
  kind = '',
  apiGroup = '',
  name = '',
  namespace = '',
}: Partial<Subject>): Subject {
  const group = apiGroup === '' && (kind === 'User' || kind === 'Group') ? RBAC_GROUP : apiGroup
  return {
    kind,
    ...(group === '' ? {} : { apiGroup: group }),
    name,
    ...(namespace === '' ? {} : { namespace }),
  }
}

function ruleErrors(rule: PolicyRule, isNamespaced: boolean, path: string): FieldError[] {
  const [verbs, apiGroups, resources, resourceNames, urls] = [
    rule.verbs ?? [],
    rule.apiGroups ?? [],
    rule.resources ?? [],
    rule.resourceNames ?? [],
    rule.nonResourceURLs ?? [],
  ]
  const errors: FieldError[] = []
  if (verbs.length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'))
  if (urls.length > 0) {
    const wrong = (detail: string) => errors.push(invalid(`${path}.nonResourceURLs`, urls, detail))
    if (isNamespaced) wrong('namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0)
      wrong('rules cannot apply to both regular resources and non-resource URLs')
    return errors
  }
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

function aggregationErrors({ clusterRoleSelectors }: AggregationRule): FieldError[] {
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors = clusterRoleSelectors ?? []
  if (selectors.length === 0)
    return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector, index) => {
    const errors = labelSelectorErrors(selector, `${path}[${index}]`)
    return errors.length === 0
      ? []
      : [...errors, invalid(`${path}[${index}]`, null, 'invalid label selector.')]
  })
}

function bindingErrors(
  { roleRef, subjects }: Binding,
  kinds: readonly string[],
  isNamespaced: boolean,
): FieldError[] {
  return [
    ...roleRefErrors(roleRef, kinds),
    ...(subjects ?? []).flatMap((subject, index) =>
      subjectErrors(subject, isNamespaced, `subjects[${index}]`),
    ),
  ]
}

function roleRefErrors({ apiGroup = '', kind, name }: RoleRef, kinds: readonly string[]): FieldError[] {
  return [
    ...groupErrors('roleRef.apiGroup', apiGroup, RBAC_GROUP),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : []),
    ...pathSegmentProblems(name).map((problem) => invalid('roleRef.name', name, problem)),
  ]
}

function subjectErrors(
  { kind, apiGroup = '', name, namespace = '' }: Subject,
  isNamespaced: boolean,
  path: string,
): FieldError[] {
  const nameErrors = name === '' ? [required(`${path}.name`)] : []
  switch (kind) {
    case 'ServiceAccount': {
      const problems = name === '' ? [] : subdomainProblems(name)
      return [
        ...nameErrors,
        ...problems.map((problem) => invalid(`${path}.name`, name, problem)),
        ...groupErrors(`${path}.apiGroup`, apiGroup, ''),
        ...(isNamespaced || namespace !== '' ? [] : [required(`${path}.namespace`)]),
      ]
    }
    case 'User':
    case 'Group':
      return [...nameErrors, ...groupErrors(`${path}.apiGroup`, apiGroup, RBAC_GROUP)]
    default:
      return [...nameErrors, notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])]
  }
}

function groupErrors(field: string, group: string, expected: string): FieldError[] {
  return group === expected ? [] : [notSupported(field, group, [expected])]
}
