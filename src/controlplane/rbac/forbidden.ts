import { type GroupResource, qualified, StatusError } from '../api/status.ts'
import type { Attributes, User } from './authorizer.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** The answer to a request that nobody allows. `reason` is that of the decision. */
export function forbidden(user: User, attributes: Attributes, reason = ''): StatusError {
  const message = describeRefusal(user, attributes).replace(
    /[&<>]/g,
    (character) => ESCAPES[character] as string,
  )
  const detail = reason === '' ? message : `${message}: ${reason}`
  if (!attributes.isResource) return new StatusError('Forbidden', `forbidden: ${detail}`, {})
  const { group, resource, name } = attributes
  return forbiddenObject({ group, resource }, name, detail)
}

/** The answer to a request for an object that is not carried out for what it contains. */
export function forbiddenObject(resource: GroupResource, name: string, detail: string): StatusError {
  const what = name === '' ? qualified(resource) : `${qualified(resource)} ${quote(name)}`
  return new StatusError('Forbidden', `${what} is forbidden: ${detail}`, {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
  })
}

function describeRefusal({ name }: User, attributes: Attributes): string {
  const { verb } = attributes
  if (!attributes.isResource) return `User ${quote(name)} cannot ${verb} path ${quote(attributes.path)}`
  const { group, resource, subresource, namespace } = attributes
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`
  return `User ${quote(name)} cannot ${verb} resource ${quote(combined)} in API group ${quote(group)} ${scope}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}
