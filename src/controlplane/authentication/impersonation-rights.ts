import { invalid } from '../api/field-error.ts'
import {
  type Authorizer,
  forbidden,
  PRIVILEGED_GROUP,
  type ResourceAttributes,
  serviceAccountGroups,
  type User,
} from '../rbac/index.ts'
import { aggregateTexts } from '../rbac/rule-resolver.ts'
import { subdomainProblems } from '../registry/index.ts'
import type { WantedUser } from './impersonation-headers.ts'
import { nodeNameOf, serviceAccountOf } from './user-names.ts'
import {
  ANONYMOUS_USER_NAME,
  AUTHENTICATED_GROUP,
  NODES_GROUP,
  UNAUTHENTICATED_GROUP,
} from './well-known-users.ts'

const AUTHENTICATION_GROUP = 'authentication.k8s.io'

/** From so many on, the right to all of them is asked for first. */
const MANY = 4

const EXTRA_PATH_PATTERN = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const EXTRA_PATH = new RegExp(`^${EXTRA_PATH_PATTERN}$`)

/** Which rights are asked for. */
export interface ImpersonationCheck {
  readonly verb: string
  /** The finer rights know nodes, and do not make anybody an administrator. */
  readonly isConstrained: boolean
  readonly anyNode: boolean
}

export const LEGACY_CHECK: ImpersonationCheck = { verb: 'impersonate', isConstrained: false, anyNode: false }

type Target = Partial<ResourceAttributes> & Pick<ResourceAttributes, 'resource' | 'name'>

/**
 * The wanted user, completed, when `requestor` may be it and everything about it.
 *
 * @throws StatusError Forbidden that names the first right that is missing
 */
export function mayImpersonate(
  authorizer: Authorizer,
  requestor: User,
  wanted: WantedUser,
  check: ImpersonationCheck,
): User {
  const rights = new ImpersonationRights(authorizer, requestor, check)
  rights.requireName(wanted.name)
  if (wanted.uid !== '') rights.require({ resource: 'uids', name: wanted.uid, group: AUTHENTICATION_GROUP })
  rights.requireGroups(wanted.groups)
  rights.requireExtra(wanted.extra)
  return {
    name: wanted.name,
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    groups: withBaseGroup(
      wanted.name,
      wanted.groups.length > 0 ? wanted.groups : impliedGroups(wanted, check),
    ),
    ...(Object.keys(wanted.extra).length === 0 ? {} : { extra: wanted.extra }),
  }
}

class ImpersonationRights {
  readonly #authorizer: Authorizer
  readonly #requestor: User
  readonly #check: ImpersonationCheck

  constructor(authorizer: Authorizer, requestor: User, check: ImpersonationCheck) {
    this.#authorizer = authorizer
    this.#requestor = requestor
    this.#check = check
  }

  require(target: Target): void {
    const { allowed, reason } = this.#decide(target)
    if (!allowed) this.#refuse(target, reason)
  }

  requireName(name: string): void {
    const account = serviceAccountOf(name)
    const node = this.#check.isConstrained ? nodeNameOf(name) : undefined
    if (account) this.require({ resource: 'serviceaccounts', ...account, group: this.#userGroup })
    else if (node !== undefined)
      this.require({ resource: 'nodes', name: this.#check.anyNode ? '*' : node, group: this.#userGroup })
    else this.require({ resource: 'users', name, group: this.#userGroup })
  }

  requireGroups(groups: readonly string[]): void {
    const target = (name: string): Target => ({ resource: 'groups', name, group: this.#userGroup })
    if (this.#check.isConstrained) {
      if (groups.includes('')) this.#refuse(target(''), 'impersonating the empty string group is not allowed')
      if (groups.includes(PRIVILEGED_GROUP))
        this.#refuse(target(PRIVILEGED_GROUP), `impersonating the ${PRIVILEGED_GROUP} group is not allowed`)
      if (groups.length >= MANY && this.#decide(target('*')).allowed) return
    }
    for (const group of groups) this.require(target(group))
  }

  requireExtra(extra: WantedUser['extra']): void {
    const target = (subresource: string, name: string): Target => ({
      resource: 'userextras',
      subresource,
      name,
      group: AUTHENTICATION_GROUP,
    })
    const pairs = Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => [key, value] as const),
    )
    if (this.#check.isConstrained) {
      const problem = extraProblem(extra)
      if (problem !== undefined) this.#refuse(target('', ''), problem)
      if (pairs.length >= MANY && this.#decide(target('*', '*')).allowed) return
    }
    for (const [key, value] of pairs) this.require(target(key, value))
  }

  get #userGroup(): string {
    return this.#check.isConstrained ? AUTHENTICATION_GROUP : ''
  }

  #decide(target: Target) {
    return this.#authorizer.authorize(this.#requestor, this.#attributes(target))
  }

  #refuse(target: Target, reason: string): never {
    throw forbidden(this.#requestor, this.#attributes(target), reason)
  }

  #attributes(target: Target): ResourceAttributes {
    return { isResource: true, verb: this.#check.verb, group: '', subresource: '', namespace: '', ...target }
  }
}

/** Those that come with the name, when no others are wanted. */
function impliedGroups({ name }: WantedUser, { isConstrained }: ImpersonationCheck): readonly string[] {
  const account = serviceAccountOf(name)
  if (account) return serviceAccountGroups(account.namespace)
  return isConstrained && nodeNameOf(name) !== undefined ? [NODES_GROUP] : []
}

function withBaseGroup(name: string, groups: readonly string[]): readonly string[] {
  const isAnonymous = name === ANONYMOUS_USER_NAME
  if (groups.includes(UNAUTHENTICATED_GROUP)) return groups
  const group = isAnonymous ? UNAUTHENTICATED_GROUP : AUTHENTICATED_GROUP
  return groups.includes(group) ? groups : [...groups, group]
}

function extraProblem(extra: WantedUser['extra']): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const problems = extraKeyProblems(key)
    if (problems.length > 0)
      return `impersonating an invalid key in extra is not allowed: ${aggregateTexts(problems)}`
    if (key !== key.toLowerCase())
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`
    if (values.length === 0) return 'impersonating empty values in extra is not allowed'
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}

/** A key must be such as `example.com/key` (k8s.io/apimachinery, IsDomainPrefixedPath). */
function extraKeyProblems(key: string): string[] {
  const [, host = '', path = ''] = /^([^/]*)\/(.*)$/s.exec(key) ?? []
  if (host === '' || path === '')
    return [problem(key, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const problems = subdomainProblems(host).map((each) => problem(host, each))
  if (!EXTRA_PATH.test(path))
    problems.push(problem(path, `Invalid path (regex used for validation is '${EXTRA_PATH_PATTERN}')`))
  return problems
}

function problem(value: string, detail: string): string {
  const { field, message } = invalid('extra.key', value, detail)
  return `${field}: ${message}`
}
