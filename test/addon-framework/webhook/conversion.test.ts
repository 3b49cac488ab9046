import { describe, expect, it } from 'vitest'
import { conversionReviews } from '../../../src/addon-framework/webhook/conversion-review.ts'
import { ADD_ON_CONVERSION_PATH, addOnWebhookRoutes } from '../../../src/addon-framework/webhook/index.ts'

const GROUP = 'addon.open-cluster-management.io'
const signal = new AbortController().signal
const { [ADD_ON_CONVERSION_PATH]: handler } = addOnWebhookRoutes()

const ask = (request: unknown, version = 'v1') =>
  handler?.({ apiVersion: `apiextensions.k8s.io/${version}`, kind: 'ConversionReview', request }, signal)

const addOn = {
  apiVersion: `${GROUP}/v1alpha1`,
  kind: 'ManagedClusterAddOn',
  metadata: { name: 'a' },
  spec: {},
}

describe('the conversion of add-ons', () => {
  it.each(['v1', 'v1beta1'])('answers a review of %s in its version', async (version) => {
    const request = { uid: 'u', desiredAPIVersion: `${GROUP}/v1beta1`, objects: [addOn, addOn] }
    const converted = { ...addOn, apiVersion: `${GROUP}/v1beta1` }
    expect(await ask(request, version)).toEqual({
      apiVersion: `apiextensions.k8s.io/${version}`,
      kind: 'ConversionReview',
      response: { uid: 'u', result: { status: 'Success' }, convertedObjects: [converted, converted] },
    })
  })

  it.each([
    [
      'a kind that it does not know',
      { ...addOn, kind: 'AddOnTemplate' },
      'v1beta1',
      'no kind "AddOnTemplate"',
    ],
    ['a version that it does not know', addOn, 'v2', `registered for version "${GROUP}/v2"`],
    ['the version that an object has', addOn, 'v1alpha1', 'not allowed between same type'],
    ['an object that does not say what it is', { metadata: {} }, 'v1beta1', 'no kind ""'],
  ])('converts nothing when it is asked for %s', async (_case, object, version, message) => {
    const request = { uid: 'u', desiredAPIVersion: `${GROUP}/${version}`, objects: [object] }
    expect(await ask(request)).toMatchObject({
      response: {
        uid: 'u',
        convertedObjects: [],
        result: { status: 'Failure', message: expect.stringContaining(message) },
      },
    })
  })

  it('converts no objects into none', async () => {
    const request = { uid: 'u', desiredAPIVersion: `${GROUP}/v1beta1`, objects: null }
    expect(await ask(request)).toMatchObject({
      response: { convertedObjects: [], result: { status: 'Success' } },
    })
  })

  it.each([
    ['no request', undefined],
    ['no wish', { uid: 'u', objects: [] }],
    ['objects that are no list', { uid: 'u', desiredAPIVersion: 'v', objects: {} }],
    ['objects that are none', { uid: 'u', desiredAPIVersion: 'v', objects: [{}] }],
  ])('refuses a review with %s', async (_case, request) => {
    await expect(ask(request)).rejects.toMatchObject({ code: 'ERR_WEBHOOK_REQUEST', status: 400 })
  })

  it('does not hide what is wrong with itself', async () => {
    const broken = conversionReviews(() => {
      throw new TypeError('broken')
    })
    const request = { uid: 'u', desiredAPIVersion: 'v', objects: [addOn] }
    await expect(broken({ request }, signal)).rejects.toThrow('broken')
  })
})
