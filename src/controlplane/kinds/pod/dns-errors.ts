import { type FieldError, invalid, required } from '../../api/field-error.ts'
import { ipErrors } from '../field-checks/index.ts'
import type { DnsConfig } from './pod-shape.ts'

const MOST_NAMESERVERS = 3
const MOST_SEARCHES = 32
const LONGEST_SEARCH_LIST = 2048
const LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SEARCH = `${LABEL}(\\.${LABEL})*`
const LONGEST_SEARCH = 253

/** What is wrong with how a pod resolves names. */
export function dnsConfigErrors(config: DnsConfig | undefined, policy: string, path: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  if (policy === 'None' && !config)
    return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  if (policy === 'None' && nameservers.length === 0)
    return [
      required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    ]
  return [
    ...(nameservers.length > MOST_NAMESERVERS
      ? [
          invalid(
            `${path}.nameservers`,
            nameservers,
            `must not have more than ${MOST_NAMESERVERS} nameservers`,
          ),
        ]
      : []),
    ...nameservers.flatMap((server, index) => ipErrors(server, `${path}.nameservers[${index}]`)),
    ...(searches.length > MOST_SEARCHES
      ? [invalid(`${path}.searches`, searches, `must not have more than ${MOST_SEARCHES} search paths`)]
      : []),
    ...(searches.join(' ').length > LONGEST_SEARCH_LIST
      ? [
          invalid(
            `${path}.searches`,
            searches,
            `must not have more than ${LONGEST_SEARCH_LIST} characters (including spaces) in the search list`,
          ),
        ]
      : []),
    ...searches.flatMap((search, index) => searchErrors(search, `${path}.searches[${index}]`)),
    ...options.flatMap(({ name = '' }, index) =>
      name === '' ? [required(`${path}.options[${index}]`, 'must not be empty')] : [],
    ),
  ]
}

function searchErrors(search: string, path: string): FieldError[] {
  if (search === '.') return []
  const name = search.replace(/\.$/, '')
  return [
    ...(name.length > LONGEST_SEARCH
      ? [invalid(path, name, `must be no more than ${LONGEST_SEARCH} bytes`)]
      : []),
    ...(new RegExp(`^${SEARCH}$`).test(name)
      ? []
      : [
          invalid(
            path,
            name,
            `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH}')`,
          ),
        ]),
  ]
}
