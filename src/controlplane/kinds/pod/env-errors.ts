import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import {
  configKeyProblems,
  qualifiedNameErrors,
  subdomainErrors,
  variableNameProblems,
} from '../field-checks/index.ts'
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FieldSelector,
  KeySelector,
  NamedReference,
  ResourceFieldSelector,
} from './pod-shape.ts'

/** The fields of a pod that become a variable, and those that become a file (kubernetes, apis/core/validation). */
const VARIABLE_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
export const FILE_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
/** What the original can convert to a field of its own; of these it says more than of others when they are not allowed. */
const KNOWN_FIELDS = new Set([
  ...VARIABLE_FIELDS,
  ...FILE_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])

const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const HUGE_PAGES = /^(limits|requests)\.hugepages-/
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

export function envErrors(variables: readonly EnvVar[], path: string): FieldError[] {
  return variables.flatMap((variable, index) => {
    const at = `${path}[${index}]`
    return [
      ...variableNameErrors(variable.name, `${at}.name`),
      ...valueFromErrors(variable, `${at}.valueFrom`),
    ]
  })
}

export function envFromErrors(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return sources.flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`
    const count = [configMapRef, secretRef].filter((source) => source).length
    return [
      ...(prefix === '' ? [] : variableNameErrors(prefix, `${at}.prefix`)),
      ...(configMapRef ? referenceErrors(configMapRef, `${at}.configMapRef`) : []),
      ...(secretRef ? referenceErrors(secretRef, `${at}.secretRef`) : []),
      ...(count === 0 ? [invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')] : []),
      ...(count > 1 ? [invalid(path, '', 'may not have more than one field specified at a time')] : []),
    ]
  })
}

/** @param fields those that may be chosen */
export function fieldSelectorErrors(
  { apiVersion = '', fieldPath }: FieldSelector,
  fields: readonly string[],
  path: string,
): FieldError[] {
  if (apiVersion === '') return [required(`${path}.apiVersion`)]
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  const [, name = fieldPath, key] = /^(.*)\['([^']*)'\]$/.exec(fieldPath) ?? []
  if (!isConvertible(name, key, apiVersion))
    return [
      invalid(
        `${path}.fieldPath`,
        fieldPath,
        `error converting fieldPath: ${conversionProblem(fieldPath, apiVersion)}`,
      ),
    ]
  if (key === undefined) {
    return fields.includes(name) ? [] : [notSupported(`${path}.fieldPath`, name, [...fields].sort())]
  }
  return qualifiedNameErrors(name === 'metadata.annotations' ? key.toLowerCase() : key, path)
}

export function resourceFieldErrors(
  { containerName = '', resource, divisor = '0' }: ResourceFieldSelector,
  inFile: boolean,
  path: string,
): FieldError[] {
  return [
    ...(inFile && containerName === ''
      ? [required(`${path}.containerName`)]
      : resource === ''
        ? [required(`${path}.resource`)]
        : RESOURCE_FIELDS.includes(resource) || HUGE_PAGES.test(resource)
          ? []
          : [notSupported(`${path}.resource`, resource, RESOURCE_FIELDS)]),
    ...divisorErrors(resource, divisor, `${path}.divisor`),
  ]
}

function variableNameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  return variableNameProblems(name).map((problem) => invalid(path, name, problem))
}

function valueFromErrors({ value = '', valueFrom }: EnvVar, path: string): FieldError[] {
  if (!valueFrom) return []
  const sources = Object.keys(valueFrom).length
  return [
    ...sourceErrors(valueFrom, path),
    ...(sources === 0
      ? [
          invalid(
            path,
            '',
            'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
          ),
        ]
      : value !== ''
        ? [invalid(path, '', 'may not be specified when `value` is not empty')]
        : sources > 1
          ? [invalid(path, '', 'may not have more than one field specified at a time')]
          : []),
  ]
}

function sourceErrors(source: EnvVarSource, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  return [
    ...(fieldRef ? fieldSelectorErrors(fieldRef, VARIABLE_FIELDS, `${path}.fieldRef`) : []),
    ...(resourceFieldRef ? resourceFieldErrors(resourceFieldRef, false, `${path}.resourceFieldRef`) : []),
    ...(configMapKeyRef ? keySelectorErrors(configMapKeyRef, `${path}.configMapKeyRef`) : []),
    ...(secretKeyRef ? keySelectorErrors(secretKeyRef, `${path}.secretKeyRef`) : []),
  ]
}

function keySelectorErrors({ name = '', key }: KeySelector, path: string): FieldError[] {
  return [
    ...subdomainErrors(name, `${path}.name`),
    ...(key === ''
      ? [required(`${path}.key`)]
      : configKeyProblems(key).map((problem) => invalid(`${path}.key`, key, problem))),
  ]
}

function referenceErrors({ name = '' }: NamedReference, path: string): FieldError[] {
  return name === '' ? [required(`${path}.name`)] : subdomainErrors(name, `${path}.name`)
}

function isConvertible(name: string, key: string | undefined, apiVersion: string): boolean {
  if (apiVersion !== 'v1') return false
  if (key !== undefined) return name === 'metadata.annotations' || name === 'metadata.labels'
  return KNOWN_FIELDS.has(name)
}

function conversionProblem(fieldPath: string, apiVersion: string): string {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  return fieldPath.endsWith("']")
    ? `field label does not support subscript: ${fieldPath}`
    : `field label not supported: ${fieldPath}`
}

function divisorErrors(resource: string, divisor: string, path: string): FieldError[] {
  if (divisor === '0') return []
  const kind = resource.replace(/^(limits|requests)\./, '')
  const bytes = `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the`
  const supported = kind === 'cpu' ? ['1m', '1'] : BYTE_DIVISORS
  if (supported.includes(divisor)) return []
  switch (kind) {
    case 'cpu':
      return [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
    case 'memory':
      return [invalid(path, resource, `${bytes} memory resource`)]
    case 'ephemeral-storage':
      return [invalid(path, resource, `${bytes} local ephemeral storage resource`)]
    default:
      return HUGE_PAGES.test(resource) ? [invalid(path, resource, `${bytes} hugepages resource`)] : []
  }
}
