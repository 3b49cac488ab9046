import { describe, expect, it } from 'vitest'
import { LIST_SHOWN, negotiate, negotiateAny, OBJECT_SHOWN } from '../../../src/controlplane/http/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

const ALL = ['json', 'yaml', 'protobuf'] as const
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

describe('what a client accepts', () => {
  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['application/yaml', 'yaml'],
    ['application/vnd.kubernetes.protobuf', 'protobuf'],
    ['application/vnd.kubernetes.protobuf,application/json', 'protobuf'],
    ['text/html, application/json;q=0.9, */*;q=0.1', 'json'],
    ['application/json;q=0.1,application/yaml', 'yaml'],
    ['application/yaml;q=0,application/json', 'json'],
    ['APPLICATION/JSON', 'json'],
    ['application/json;charset=utf-8', 'json'],
    ['application/json;q=nonsense,application/yaml', 'yaml'],
  ])('%j is answered in %s', (accept, format) => {
    expect(negotiate(accept, { formats: ALL })).toEqual({ format, as: undefined })
  })

  it.each([
    [TABLE, OBJECT_SHOWN, 'Table', 'v1'],
    [`${TABLE},application/json`, LIST_SHOWN, 'Table', 'v1'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', LIST_SHOWN, 'Table', 'v1beta1'],
    [
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      OBJECT_SHOWN,
      'PartialObjectMetadata',
      'v1',
    ],
    [
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      LIST_SHOWN,
      'PartialObjectMetadataList',
      'v1',
    ],
  ])('%j is shown', (accept, shown, kind, version) => {
    expect(negotiate(accept, { formats: ALL, shown })).toEqual({
      format: 'json',
      as: { kind, group: 'meta.k8s.io', version },
    })
  })

  it('falls back where something cannot be shown so', () => {
    const accept = 'application/json;as=Table;v=v9;g=meta.k8s.io,application/json'
    expect(negotiate(accept, { formats: ALL, shown: OBJECT_SHOWN }).as).toBeUndefined()
    const metadata =
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
    expect(negotiate(metadata, { formats: ALL, shown: OBJECT_SHOWN })).toEqual({
      format: 'json',
      as: undefined,
    })
  })

  it('is refused in the recorded words when there is nothing of it', () => {
    const { message } = recordedExchange('not acceptable').response.body as { message: string }
    expect(() => negotiate('text/html', { formats: ALL })).toThrow(
      expect.objectContaining({ reason: 'NotAcceptable', message }),
    )
    expect(() => negotiate('application/json;stream=watch', { formats: ALL })).toThrow('406')
  })

  it('may be frames where there is a watch', () => {
    const accept = 'application/json;stream=watch'
    expect(negotiate(accept, { formats: ALL, isWatch: true }).format).toBe('json')
    const proto = 'application/vnd.kubernetes.protobuf;stream=watch'
    expect(negotiate(proto, { formats: ALL, isWatch: true }).format).toBe('protobuf')
  })

  it('does not matter where something has to be said', () => {
    expect(negotiateAny('text/html', ALL)).toBe('json')
    expect(negotiateAny('application/vnd.kubernetes.protobuf', ALL)).toBe('protobuf')
  })
})
