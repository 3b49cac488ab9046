import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import {
  type KubeObject,
  pathSegmentProblems,
  rfc1035Problems,
  subdomainProblems,
} from '../../registry/index.ts'
import { ipErrors, portNameProblems, portNumberProblems } from '../field-checks/index.ts'
import { nameErrors, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { addressErrors, hostPatternErrors } from './host-name.ts'

interface ServiceBackend extends JsonObject {
  readonly name: string
  readonly port?: JsonObject & { readonly name?: string; readonly number?: number }
}

interface Backend extends JsonObject {
  readonly service?: ServiceBackend
  readonly resource?: TypedReference
}

export interface TypedReference extends JsonObject {
  /** Null where nothing is said, as Go writes it. */
  readonly apiGroup?: string | null
  readonly kind: string
  readonly name: string
}

interface IngressPath extends JsonObject {
  readonly path?: string
  /** Null where nothing is said, as Go writes it. */
  readonly pathType?: string | null
  readonly backend: Backend
}

interface Rule extends JsonObject {
  readonly host?: string
  readonly http?: JsonObject & { readonly paths?: readonly IngressPath[] | null }
}

interface Ingress extends KubeObject {
  readonly spec: JsonObject & {
    readonly ingressClassName?: string
    readonly defaultBackend?: Backend
    readonly tls?: readonly (JsonObject & {
      readonly hosts?: readonly string[]
      readonly secretName?: string
    })[]
    readonly rules?: readonly Rule[]
  }
  readonly status: JsonObject & {
    readonly loadBalancer?: JsonObject & {
      readonly ingress?: readonly (JsonObject & { readonly ip?: string; readonly hostname?: string })[]
    }
  }
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const BAD_SUFFIXES = ['/..', '/.']

/** What is wrong with an Ingress (kubernetes, apis/networking/validation). */
function ingressErrors({ spec }: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [invalid('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? backendErrors(defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap((rule, index) => ruleErrors(rule, `spec.rules[${index}]`)),
    ...tls.flatMap(({ hosts = [], secretName = '' }, index) => [
      ...hosts.flatMap((host, at) => hostPatternErrors(host, `spec.tls[${index}].hosts[${at}]`)),
      ...(secretName === ''
        ? []
        : nameErrors(secretName, `spec.tls[${index}].secretName`, subdomainProblems)),
    ]),
    ...(ingressClassName === undefined
      ? []
      : nameErrors(ingressClassName, 'spec.ingressClassName', subdomainProblems)),
  ]
}

/** The annotation is the older way to say it. */
function classErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata.annotations?.[CLASS_ANNOTATION]
  const { ingressClassName } = spec
  if (annotated === undefined || ingressClassName === undefined || annotated === ingressClassName) return []
  const detail = 'must match `ingressClassName` when both are specified'
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotated, detail)]
}

function ruleErrors({ host = '', http }: Rule, path: string): FieldError[] {
  const paths = http?.paths ?? []
  return [
    ...(host === '' ? [] : addressErrors(host, `${path}.host`)),
    ...(host === '' ? [] : hostPatternErrors(host, `${path}.host`)),
    ...(http && paths.length === 0 ? [required(`${path}.http.paths`)] : []),
    ...paths.flatMap((each, index) => pathErrors(each, `${path}.http.paths[${index}]`)),
  ]
}

function pathErrors({ path = '', pathType, backend }: IngressPath, at: string): FieldError[] {
  if (typeof pathType !== 'string') return [required(`${at}.pathType`, 'pathType must be specified')]
  const field = `${at}.path`
  const errors: FieldError[] = []
  const isMatched = pathType === 'Exact' || pathType === 'Prefix'
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES))
  else if (!path.startsWith('/') && (isMatched || path !== ''))
    errors.push(invalid(field, path, 'must be an absolute path'))
  if (isMatched) {
    for (const bad of BAD_SEQUENCES)
      if (path.includes(bad)) errors.push(invalid(field, path, `must not contain '${bad}'`))
    for (const bad of BAD_SUFFIXES)
      if (path.endsWith(bad)) errors.push(invalid(field, path, `cannot end with '${bad}'`))
  }
  return [...errors, ...backendErrors(backend, `${at}.backend`)]
}

function backendErrors({ service, resource }: Backend, path: string): FieldError[] {
  if (service && resource) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource) return typedReferenceErrors(resource, `${path}.resource`)
  if (service) return serviceErrors(service, path)
  return [invalid(path, '', 'resource or service backend is required')]
}

function serviceErrors({ name, port }: ServiceBackend, path: string): FieldError[] {
  const { name: portName = '', number = 0 } = port ?? {}
  const nameField = `${path}.service.name`
  const errors = name === '' ? [required(nameField)] : nameErrors(name, nameField, rfc1035Problems)
  if (portName !== '' && number !== 0)
    return [...errors, invalid(path, '', 'cannot set both port name & port number')]
  if (portName !== '')
    return [...errors, ...nameErrors(portName, `${path}.service.port.name`, portNameProblems)]
  if (number === 0) return [...errors, required(path, 'port name or number is required')]
  const problems = portNumberProblems(number)
  return [...errors, ...problems.map((each) => invalid(`${path}.service.port.number`, number, each))]
}

export function typedReferenceErrors({ apiGroup, kind, name }: TypedReference, path: string): FieldError[] {
  const part = (value: string, what: string) =>
    value === ''
      ? [required(`${path}.${what}`, `${what} is required`)]
      : nameErrors(value, `${path}.${what}`, pathSegmentProblems)
  return [
    ...(typeof apiGroup !== 'string' ? [] : nameErrors(apiGroup, `${path}.apiGroup`, subdomainProblems)),
    ...part(kind, 'kind'),
    ...part(name, 'name'),
  ]
}

function ingressStatusErrors({ status }: Ingress): FieldError[] {
  return (status.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }, index) => {
    const path = `status.loadBalancer.ingress[${index}]`
    return [
      ...(ip === '' ? [] : ipErrors(ip, `${path}.ip`)),
      ...(hostname === '' ? [] : nameErrors(hostname, `${path}.hostname`, subdomainProblems)),
      ...addressErrors(hostname, `${path}.hostname`),
    ]
  })
}

export const INGRESS_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  validate: (ingress) => [...ingressErrors(ingress as Ingress), ...classErrors(ingress as Ingress)],
  validateUpdate: (ingress) => ingressErrors(ingress as Ingress),
})

export const INGRESS_STATUS_STRATEGY = statusStrategy(INGRESS_STRATEGY, {
  validateUpdate: (ingress) => ingressStatusErrors(ingress as Ingress),
})
