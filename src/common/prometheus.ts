import { createRequire } from 'node:module'
import type PromClient from 'prom-client'

// The one door to prom-client: its index has pushing to gateways, clusters of processes and OpenTelemetry loaded with it, which is
// most of what it takes (14 MiB, 0.1 s), and of no use here.
const require = createRequire(import.meta.url)

export const Counter: typeof PromClient.Counter = require('prom-client/lib/counter.js')
export const Gauge: typeof PromClient.Gauge = require('prom-client/lib/gauge.js')
export const Histogram: typeof PromClient.Histogram = require('prom-client/lib/histogram.js')
export const Registry: typeof PromClient.Registry = require('prom-client/lib/registry.js')

export type Counter<Label extends string = string> = PromClient.Counter<Label>
export type Gauge<Label extends string = string> = PromClient.Gauge<Label>
export type Histogram<Label extends string = string> = PromClient.Histogram<Label>
export type Registry = PromClient.Registry
