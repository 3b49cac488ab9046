import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { definitionName, typeOfDefinition } from '../../../src/controlplane/openapi/definition-names.ts'
import { builtinDefinition, referencedDefinitions } from '../../../src/controlplane/openapi/definitions.ts'
import { OPENAPI_V2, OPENAPI_V3 } from '../../../src/controlplane/openapi/dialect.ts'
import { builtinTypeIds } from '../../../src/controlplane/schema/builtin-types.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { at, objectsIn, schemasIn } from './published.ts'

const V3 = '#/components/schemas/'

function property(name: string, field: string, dialect = OPENAPI_V3): JsonObject {
  const { description: _, ...rest } = at(builtinDefinition(name, dialect), 'properties', field) as JsonObject
  return rest
}

describe('the name of a type', () => {
  const names: [typeId: string, name: string][] = [
    ['core/v1.Pod', 'io.k8s.api.core.v1.Pod'],
    ['rbac/v1.Role', 'io.k8s.api.rbac.v1.Role'],
    ['meta/v1.ObjectMeta', 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'],
    [
      'apiextensions/v1.JSONSchemaProps',
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps',
    ],
    ['apiregistration/v1.APIService', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService'],
  ]
  it.each(names)('of %s is %s', (typeId, name) => {
    expect(definitionName(typeId)).toBe(name)
  })

  it('leads back to it', () => {
    for (const typeId of builtinTypeIds()) expect(typeOfDefinition(definitionName(typeId))).toBe(typeId)
  })
})

describe('the schema of a field', () => {
  const fields: [definition: string, field: string, schema: JsonValue][] = [
    [
      'io.k8s.api.core.v1.PodSpec',
      'containers',
      {
        type: 'array',
        items: { $ref: `${V3}io.k8s.api.core.v1.Container` },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
      },
    ],
    [
      'io.k8s.api.core.v1.PodSpec',
      'volumes',
      {
        type: 'array',
        items: { $ref: `${V3}io.k8s.api.core.v1.Volume` },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge,retainKeys',
      },
    ],
    [
      'io.k8s.api.core.v1.ContainerPort',
      'protocol',
      { type: 'string', default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] },
    ],
    ['io.k8s.api.core.v1.ContainerPort', 'containerPort', { type: 'integer', format: 'int32', default: 0 }],
    [
      'io.k8s.api.core.v1.PodSpec',
      'nodeSelector',
      { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
    ],
    [
      'io.k8s.api.core.v1.ResourceRequirements',
      'limits',
      {
        type: 'object',
        additionalProperties: { $ref: `${V3}io.k8s.apimachinery.pkg.api.resource.Quantity` },
      },
    ],
    [
      'io.k8s.api.core.v1.ServicePort',
      'targetPort',
      { allOf: [{ $ref: `${V3}io.k8s.apimachinery.pkg.util.intstr.IntOrString` }] },
    ],
    [
      'io.k8s.api.core.v1.Secret',
      'data',
      { type: 'object', additionalProperties: { type: 'string', format: 'byte' } },
    ],
    [
      'io.k8s.api.apps.v1.Deployment',
      'spec',
      { default: {}, allOf: [{ $ref: `${V3}io.k8s.api.apps.v1.DeploymentSpec` }] },
    ],
    [
      'io.k8s.api.authentication.v1.UserInfo',
      'extra',
      { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
    ],
    [
      'io.k8s.api.core.v1.EphemeralContainer',
      'imagePullPolicy',
      { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
    ],
  ]
  it.each(fields)('%s %s', (definition, field, schema) => {
    expect(property(definition, field)).toEqual(schema)
  })

  it('has neither defaults nor alternatives in OpenAPI v2', () => {
    for (const typeId of builtinTypeIds())
      for (const each of schemasIn(builtinDefinition(definitionName(typeId), OPENAPI_V2)))
        for (const name of ['default', 'oneOf', 'allOf']) expect(Object.keys(each)).not.toContain(name)
  })

  it('refers to nothing that has no definition', () => {
    for (const typeId of builtinTypeIds())
      for (const name of referencedDefinitions(builtinDefinition(definitionName(typeId), OPENAPI_V3)))
        expect(() => builtinDefinition(name, OPENAPI_V3)).not.toThrow()
  })
})

describe('a definition', () => {
  it('of a union says by which field its members are told apart', () => {
    expect(builtinDefinition('io.k8s.api.flowcontrol.v1.Subject', OPENAPI_V3)).toMatchObject({
      'x-kubernetes-unions': [
        {
          discriminator: 'kind',
          'fields-to-discriminateBy': { group: 'Group', serviceAccount: 'ServiceAccount', user: 'User' },
        },
      ],
    })
  })

  it('of any value allows any value', () => {
    const { description: _, ...schema } = builtinDefinition(
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
      OPENAPI_V3,
    )
    expect(schema).toEqual({})
  })

  it.each([
    [
      'io.k8s.apimachinery.pkg.api.resource.Quantity',
      { oneOf: [{ type: 'string' }, { type: 'number' }] },
      { type: 'string' },
    ],
    [
      'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
      { oneOf: [{ type: 'integer' }, { type: 'string' }] },
      { type: 'string', format: 'int-or-string' },
    ],
  ])('of %s differs by version', (name, v3, v2) => {
    expect(builtinDefinition(name, OPENAPI_V3)).toMatchObject(v3)
    expect(builtinDefinition(name, OPENAPI_V2)).toMatchObject(v2)
  })

  it('is described in our own words', () => {
    const recorded = recordedExchange('openapi v3 of the crd group').response.body as JsonObject
    const theirs = new Set(objectsIn(recorded).map((each) => each.description))
    const ours = builtinTypeIds().flatMap((typeId) =>
      objectsIn(builtinDefinition(definitionName(typeId), OPENAPI_V3)).flatMap((each) =>
        typeof each.description === 'string' ? [each.description] : [],
      ),
    )
    expect(ours.length).toBeGreaterThan(300)
    expect(ours.filter((each) => theirs.has(each))).toEqual([])
  })

  it('that no type has is an error', () => {
    expect(() => builtinDefinition('io.k8s.api.core.v1.Nothing', OPENAPI_V3)).toThrow(/Nothing/)
  })
})
