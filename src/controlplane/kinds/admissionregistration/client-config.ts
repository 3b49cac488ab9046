import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { subdomainProblems } from '../../registry/index.ts'
import { portNumberProblems } from '../field-checks/index.ts'

/** Where a webhook is: at a URL, or behind a service (k8s.io/apiserver, util/webhook). */
export interface ClientConfig extends JsonObject {
  readonly url?: string
  readonly service?: JsonObject & {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
}

const HTTPS_PORT = 443
const FORM = '; desired format: https://host[/path]'

export function withPort(config: ClientConfig): ClientConfig {
  return config.service ? { ...config, service: { port: HTTPS_PORT, ...config.service } } : config
}

export function clientConfigErrors({ url, service }: ClientConfig, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')]
  if (url !== undefined) return urlErrors(url, `${path}.url`)
  return service ? serviceErrors(service, `${path}.service`) : []
}

const URL_PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s

function urlErrors(url: string, field: string): FieldError[] {
  const [, scheme = '', authority = '', query = '', fragment = ''] = URL_PARTS.exec(url) ?? []
  const at = authority.lastIndexOf('@')
  const wrong = (value: string, detail: string) => [invalid(field, value, detail)]
  return [
    ...(scheme.toLowerCase() === 'https'
      ? []
      : wrong(scheme, `'https' is the only allowed URL scheme${FORM}`)),
    ...(authority.slice(at + 1) === '' ? wrong('', `host must be specified${FORM}`) : []),
    ...(at < 0 ? [] : wrong(authority.slice(0, at), 'user information is not permitted in the URL')),
    ...(fragment === '' ? [] : wrong(fragment, 'fragments are not permitted in the URL')),
    ...(query === '' ? [] : wrong(query, 'query parameters are not permitted in the URL')),
  ]
}

function serviceErrors(service: NonNullable<ClientConfig['service']>, path: string): FieldError[] {
  const { namespace, name, port = HTTPS_PORT } = service
  const problems = portNumberProblems(port)
  return [
    // The original takes the one for the other.
    ...(namespace === '' ? [required(`${path}.name`)] : []),
    ...(name === '' ? [required(`${path}.namespace`)] : []),
    ...(problems.length === 0
      ? []
      : [invalid(`${path}.port`, port, `port is not valid: ${problems.join(', ')}`)]),
    ...pathErrors(service.path ?? '', `${path}.path`),
  ]
}

function pathErrors(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return []
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')]
  const rest = path.slice(1)
  const segments = (rest.endsWith('/') ? rest.slice(0, -1) : rest).split('/')
  return [
    ...(path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")]),
    ...segments.flatMap((segment, index) => {
      if (segment === '') return [invalid(field, path, `segment[${index}] may not be empty`)]
      return subdomainProblems(segment).map((problem) =>
        invalid(field, path, `segment[${index}]: ${problem}`),
      )
    }),
  ]
}
