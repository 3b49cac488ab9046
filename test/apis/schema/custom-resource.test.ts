import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { CustomResourceConversion } from '../../../src/apis/apiextensions/v1.ts'
import {
  clusterManagerCrd,
  clusterProfileCrd,
  clusterPropertyCrd,
  hubCrds,
  klusterletCrd,
  operatorCrds,
  spokeCrds,
} from '../../../src/apis/crds.ts'
import { kind, object, string } from '../../../src/apis/schema/builder.ts'
import { conditionColumn, customResourceDefinition } from '../../../src/apis/schema/custom-resource.ts'

const CONVERSION: CustomResourceConversion = {
  strategy: 'Webhook',
  webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] },
}

const resource = { group: 'example.com', version: 'v1', plural: 'things', namespaced: true }
const schema = kind('A thing.', { spec: object('Its spec.', { name: string('Its name.') }) })

describe('customResourceDefinition', () => {
  it('names the kind in all its forms', () => {
    const definition = customResourceDefinition({
      resource,
      kind: 'Thing',
      shortNames: ['th'],
      versions: [{ name: 'v1', schema }],
    })
    expect(definition.metadata.name).toBe('things.example.com')
    expect(definition.spec).toMatchObject({
      group: 'example.com',
      scope: 'Namespaced',
      preserveUnknownFields: false,
      names: {
        plural: 'things',
        singular: 'thing',
        kind: 'Thing',
        listKind: 'ThingList',
        shortNames: ['th'],
      },
    })
  })

  it('stores the version of the resource, and serves all', () => {
    const columns = [conditionColumn('Ready', 'Available')]
    const { spec } = customResourceDefinition({
      resource,
      kind: 'Thing',
      versions: [
        { name: 'v1', schema, columns },
        { name: 'v2', schema, hasStatus: false },
      ],
    })
    expect(spec.versions).toEqual([
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema.json },
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Available")].status' },
        ],
      },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: schema.json } },
    ])
  })
})

describe('the definitions', () => {
  const all = [
    ...hubCrds(CONVERSION),
    clusterProfileCrd(),
    ...spokeCrds(),
    clusterPropertyCrd(),
    ...operatorCrds(),
  ]

  it('are each there once', () => {
    const names = all.map(({ metadata }) => metadata.name)
    expect(new Set(names).size).toBe(names.length)
    expect(operatorCrds()).toEqual([clusterManagerCrd(), klusterletCrd()])
  })

  it.each(all.map((each) => [each.metadata.name, each] as const))(
    '%s is YAML without anchors',
    (_name, each) => {
      expect(stringify(each)).not.toMatch(/: [&*]\w/)
    },
  )

  it('have a conversion only where versions differ', () => {
    const converted = hubCrds(CONVERSION).filter(({ spec }) => spec.conversion)
    expect(converted.map(({ spec }) => spec.names.kind)).toEqual([
      'ClusterManagementAddOn',
      'ManagedClusterAddOn',
    ])
    expect(hubCrds().some(({ spec }) => spec.conversion)).toBe(false)
  })

  it('store one version each', () => {
    for (const { spec } of all) expect(spec.versions.filter(({ storage }) => storage)).toHaveLength(1)
  })
})
