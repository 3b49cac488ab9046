import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import {
  type KubeObject,
  pathSegmentProblems,
  rfc1035Problems,
  subdomainProblems,
  timestamp,
} from '../../registry/index.ts'
import { portNumberProblems } from '../field-checks/index.ts'
import {
  type KindEntry,
  KindTable,
  nameErrors,
  statusStrategy,
  strategyWithStatus,
} from '../strategy/index.ts'

interface ApiService extends KubeObject {
  readonly spec: JsonObject & {
    readonly service?: JsonObject & {
      readonly namespace?: string
      readonly name?: string
      readonly port?: number
    }
    readonly group?: string
    readonly version?: string
    readonly insecureSkipTLSVerify?: boolean
    readonly caBundle?: string
    readonly groupPriorityMinimum: number
    readonly versionPriority: number
  }
  readonly status: JsonObject & {
    readonly conditions?: readonly (JsonObject & { readonly status: string })[]
  }
}

const HTTPS_PORT = 443
const HIGHEST_GROUP_PRIORITY = 20_000
const HIGHEST_VERSION_PRIORITY = 1000
const STATUSES = ['True', 'False', 'Unknown']

function withServiceDefaults(object: KubeObject): KubeObject {
  const { spec } = object as ApiService
  if (!spec.service) return object
  return { ...object, spec: { ...spec, service: { port: HTTPS_PORT, ...spec.service } } }
}

/** What is wrong with an APIService, beginning with its name (kube-aggregator, apis/apiregistration/validation). */
function apiServiceErrors({ metadata, spec }: ApiService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec
  const { name = '' } = metadata
  const wanted = `${version}.${group}`
  return [
    ...(name === wanted || pathSegmentProblems(name).length > 0
      ? []
      : [
          invalid(
            'metadata.name',
            name,
            `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
          ),
        ]),
    ...(group === '' && version !== 'v1'
      ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group === '' ? [] : nameErrors(group, 'spec.group', subdomainProblems)),
    ...nameErrors(version, 'spec.version', rfc1035Problems),
    ...priorityErrors(groupPriorityMinimum, HIGHEST_GROUP_PRIORITY, 'spec.groupPriorityMinimum'),
    ...priorityErrors(versionPriority, HIGHEST_VERSION_PRIORITY, 'spec.versionPriority'),
    ...(spec.service ? serviceErrors(spec) : localErrors(spec)),
  ]
}

function priorityErrors(priority: number, highest: number, field: string): FieldError[] {
  if (priority > 0 && priority <= highest) return []
  return [invalid(field, priority, `must be positive and less than ${highest}`)]
}

function localErrors({ caBundle = '', insecureSkipTLSVerify = false }: ApiService['spec']): FieldError[] {
  const bytes = Buffer.byteLength(caBundle, 'base64')
  return [
    ...(caBundle === ''
      ? []
      : [invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle')]),
    ...(insecureSkipTLSVerify
      ? [invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
      : []),
  ]
}

function serviceErrors({ service = {}, caBundle = '', insecureSkipTLSVerify }: ApiService['spec']) {
  const { namespace = '', name = '', port = 0 } = service as NonNullable<ApiService['spec']['service']>
  const problems = portNumberProblems(port)
  return [
    ...(namespace === '' ? [required('spec.service.namespace')] : []),
    ...(name === '' ? [required('spec.service.name')] : []),
    ...(problems.length === 0
      ? []
      : [invalid('spec.service.port', port, `port is not valid: ${problems.join(', ')}`)]),
    ...(insecureSkipTLSVerify && caBundle !== ''
      ? [invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ]
}

function statusErrors({ status }: ApiService): FieldError[] {
  return (status.conditions ?? []).flatMap((condition, index) =>
    STATUSES.includes(condition.status)
      ? []
      : [notSupported(`status.conditions[${index}].status`, condition.status, STATUSES)],
  )
}

/** A part of the API that this server answers itself is there as soon as it is registered. */
function localStatus(now: string): JsonObject {
  const condition = {
    type: 'Available',
    status: 'True',
    lastTransitionTime: now,
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
  return { conditions: [condition] }
}

const META_OF_STATUS = ['labels', 'annotations', 'finalizers', 'ownerReferences']

/** `now` stamps the condition of what is available at once. In milliseconds. */
export function apiRegistrationKinds(now: () => number): readonly KindEntry[] {
  const errors = (service: KubeObject) => apiServiceErrors(service as ApiService)
  const strategy = strategyWithStatus({
    allowsUnconditionalUpdate: false,
    validateName: pathSegmentProblems,
    withDefaults: withServiceDefaults,
    prepareForCreate: (object) =>
      (object as ApiService).spec.service ? object : { ...object, status: localStatus(timestamp(now())) },
    validate: errors,
    validateUpdate: errors,
  })
  const status = statusStrategy(strategy, {
    prepareForUpdate: (object, old) => {
      const kept = Object.entries(old.metadata).filter(([name]) => META_OF_STATUS.includes(name))
      const others = Object.entries(object.metadata).filter(([name]) => !META_OF_STATUS.includes(name))
      return { ...old, metadata: Object.fromEntries([...others, ...kept]), status: object.status }
    },
    validateUpdate: (service) => statusErrors(service as ApiService),
  })
  return [
    new KindTable('apiregistration.k8s.io').clusterScoped('apiservices', 'APIService', strategy, {
      subresources: { status },
    }),
  ]
}
