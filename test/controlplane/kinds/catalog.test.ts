import { describe, expect, it } from 'vitest'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import { builtinKinds, versionConversion } from '../../../src/controlplane/kinds/index.ts'
import { typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'

/** Written by a component of its own, which also validates them. */
const ELSEWHERE = ['customresourcedefinitions.apiextensions.k8s.io']

const kept = builtinCatalog()
  .flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources
        .filter(({ verbs }) => verbs.includes('get'))
        .map((info) => {
          const key = group === '' ? info.resource : `${info.resource}.${group}`
          return { key, group, version, ...info }
        }),
    ),
  )
  .filter(({ key }) => !ELSEWHERE.includes(key))

describe('the kinds that are built in', () => {
  const kinds = builtinKinds()

  it.each(kept.map((each) => [`${each.key} of ${each.version}`, each] as const))('has %s', (_, resource) => {
    const { key, group, version, kind, namespaced, subresources = [] } = resource
    const conversion = versionConversion(group, version, resource.resource)
    const builtin = kinds.get(conversion?.storedResource ?? key)
    expect(builtin?.type).toMatchObject({ kind, namespaced })
    // Pods have more of them, which are none of a kind's rules, but of whoever runs pods.
    const written = subresources.filter(
      (each) => each.kind === kind && each.verbs.includes('update') && each.subresource !== 'resize',
    )
    const ofSameKind = written.map((each) => each.subresource)
    expect(Object.keys(builtin?.subresources ?? {})).toEqual(expect.arrayContaining(ofSameKind))
  })

  it('has no kind that is not in the catalog', () => {
    const keys = new Set(
      kept.map(
        ({ key, group, version, resource }) =>
          versionConversion(group, version, resource)?.storedResource ?? key,
      ),
    )
    expect([...kinds.keys()].filter((key) => !keys.has(key))).toEqual([])
  })

  it.each([...kinds].map(([key, { type }]) => [key, type] as const))('knows the type of %s', (_, type) => {
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`
    expect(typeOfKind(apiVersion, type.kind)).toBeDefined()
  })
})
