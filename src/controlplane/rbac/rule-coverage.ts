import type { Names, PolicyRule } from './rbac-objects.ts'
import { pathIncludes } from './rule-matcher.ts'

const ALL = '*'

/**
 * What of `wanted` is not held by somebody who has the rules `held`, in rules of one verb on one resource or path each. None, if
 * he may hand all of it on. Broken down so far, a rule is either held through one rule or not at all.
 */
export function uncoveredRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((atom) => !held.some((rule) => covers(rule, atom)))
}

/** Puts the verbs of a resource together again, to be read. Rules with names of objects or with paths stay as they are. */
export function compactRules(atoms: readonly PolicyRule[]): PolicyRule[] {
  const compacted: PolicyRule[] = []
  const verbsByResource = new Map<string, { readonly rule: PolicyRule; readonly verbs: string[] }>()
  for (const rule of atoms) {
    if (listOf(rule.resourceNames).length > 0 || listOf(rule.nonResourceURLs).length > 0) {
      compacted.push(rule)
      continue
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources])
    const known = verbsByResource.get(key)
    if (known) known.verbs.push(...listOf(rule.verbs))
    else verbsByResource.set(key, { rule, verbs: [...listOf(rule.verbs)] })
  }
  for (const { rule, verbs } of verbsByResource.values()) compacted.push({ ...rule, verbs })
  return compacted
}

/** Such as `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts: [string, Names | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const texts = parts
    .filter(([, names]) => listOf(names).length > 0)
    .map(([label, names]) => `${label}:${quoteAll(listOf(names))}`)
  return `{${texts.join(', ')}}`
}

/** As Go prints a list of strings. */
export function quoteAll(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule
  const atoms: PolicyRule[] = []
  for (const group of listOf(apiGroups))
    for (const resource of listOf(resources))
      for (const verb of listOf(verbs)) {
        const atom = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (listOf(resourceNames).length === 0) atoms.push(atom)
        for (const name of listOf(resourceNames)) atoms.push({ ...atom, resourceNames: [name] })
      }
  for (const url of listOf(nonResourceURLs))
    for (const verb of listOf(verbs)) atoms.push({ nonResourceURLs: [url], verbs: [verb] })
  return atoms
}

function covers(held: PolicyRule, atom: PolicyRule): boolean {
  return (
    includesAll(held.verbs, atom.verbs) &&
    includesAll(held.apiGroups, atom.apiGroups) &&
    listOf(atom.resources).every((resource) => includesResource(listOf(held.resources), resource)) &&
    includesNames(listOf(held.resourceNames), listOf(atom.resourceNames)) &&
    listOf(atom.nonResourceURLs).every((path) =>
      listOf(held.nonResourceURLs).some((each) => pathIncludes(each, path)),
    )
  )
}

function includesAll(held: Names | undefined, names: Names | undefined): boolean {
  return listOf(held).includes(ALL) || listOf(names).every((name) => listOf(held).includes(name))
}

function includesResource(held: readonly string[], resource: string): boolean {
  if (held.includes(ALL) || held.includes(resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && held.includes(`*${resource.slice(slash)}`)
}

/** Without names a rule is for objects of any name. */
function includesNames(held: readonly string[], names: readonly string[]): boolean {
  if (held.length === 0) return true
  return names.length > 0 && names.every((name) => held.includes(name))
}

function listOf(names: Names | undefined): readonly string[] {
  return names ?? []
}
