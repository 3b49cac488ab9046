import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { decodeV2 } from './decode-v2.ts'
import { ask, at, document, documentsOf, PROTOBUF_V2, thingsWith, widgets } from './published.ts'

async function decoded(...definitions: readonly JsonObject[]): Promise<JsonObject> {
  const answer = await ask(documentsOf(...definitions), '/openapi/v2', { accept: PROTOBUF_V2 })
  return decodeV2(answer.body)
}

describe('OpenAPI v2 in protobuf', () => {
  it('says what it says in JSON', async () => {
    const inJson = await document(documentsOf(widgets()), '/openapi/v2')
    const inProtobuf = await decoded(widgets())
    expect(Object.keys(inProtobuf.definitions as JsonObject).length).toBeGreaterThan(500)
    for (const part of ['paths', 'definitions', 'parameters']) {
      // One by one: a difference would be shown with the whole document otherwise.
      for (const [name, value] of Object.entries(inJson[part] as JsonObject))
        expect([name, at(inProtobuf[part], name)]).toEqual([name, value])
      expect(Object.keys(inProtobuf[part] as JsonObject)).toEqual(Object.keys(inJson[part] as JsonObject))
    }
    const { swagger, info, security, securityDefinitions } = inJson
    expect(inProtobuf).toMatchObject({ swagger, info, security, securityDefinitions })
  })

  it('keeps every bound of a custom schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        number: {
          type: 'number',
          minimum: -1.5,
          maximum: 10,
          exclusiveMinimum: true,
          exclusiveMaximum: true,
          multipleOf: 0.5,
        },
        text: {
          type: 'string',
          minLength: 1,
          maxLength: 9,
          pattern: '^ä$',
          title: 'T',
          format: 'date',
          example: 'x',
        },
        list: { type: 'array', minItems: 1, maxItems: 2, uniqueItems: true, items: { type: 'string' } },
        map: {
          type: 'object',
          minProperties: 1,
          maxProperties: 2,
          additionalProperties: { type: 'boolean' },
        },
        open: { type: 'object', additionalProperties: true },
        value: { enum: ['a', 1, null, { b: [] }], externalDocs: { url: 'https://x', description: 'd' } },
      },
    }
    const { definitions } = await decoded(thingsWith(schema))
    expect(at(definitions, 'io.things.v1.Thing', 'properties')).toMatchObject(schema.properties)
  })

  it('takes names that are not what they seem', async () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}')
    const { definitions } = await decoded(thingsWith({ type: 'object', properties }))
    const found = at(definitions, 'io.things.v1.Thing', 'properties') as JsonObject
    expect(Object.keys(found)).toEqual(['__proto__', 'constructor', 'apiVersion', 'kind', 'metadata'])
  })
})
