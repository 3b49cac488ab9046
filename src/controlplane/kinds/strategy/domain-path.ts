import { type FieldError, invalid, required } from '../../api/field-error.ts'
import { subdomainProblems } from '../../registry/index.ts'

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

/** A path under a domain, `example.com/some/path` (k8s.io/apimachinery, util/validation, IsDomainPrefixedPath). */
export function domainPrefixedPathErrors(path: string, field: string): FieldError[] {
  if (path === '') return [required(field)]
  const slash = path.indexOf('/')
  if (slash <= 0 || slash === path.length - 1)
    return [invalid(field, path, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const [host, rest] = [path.slice(0, slash), path.slice(slash + 1)]
  const errors = subdomainProblems(host).map((problem) => invalid(field, host, problem))
  if (new RegExp(`^${PATH}$`).test(rest)) return errors
  const rule = `Invalid path (regex used for validation is '${PATH}')`
  return [...errors, invalid(field, rest, rule)]
}
