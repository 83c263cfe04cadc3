import {
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** What a job carries of a context: what the application's propagators write, and W3C trace context in any case. */
export function writeMetadata(context: Context): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context, carrier);
  const span = trace.getSpanContext(context);
  if (span && isSpanContextValid(span) && carrier['traceparent'] === undefined) {
    const flags = span.traceFlags.toString(16).padStart(2, '0');
    carrier['traceparent'] = `00-${span.traceId}-${span.spanId}-${flags}`;
    const state = span.traceState?.serialize();
    if (state) carrier['tracestate'] = state;
  }
  return Object.keys(carrier).length === 0 ? undefined : JSON.stringify(carrier);
}

/** The context that a job was added in; an empty one where it carries none, or nothing that can be read. */
export function readMetadata(metadata: string | undefined): Context {
  const carrier = parse(metadata);
  if (!carrier) {
    return ROOT_CONTEXT;
  }
  const context = propagation.extract(ROOT_CONTEXT, carrier);
  const span = trace.getSpanContext(context) ? undefined : w3cSpan(carrier);
  return span ? trace.setSpanContext(context, span) : context;
}

function parse(metadata: string | undefined): Record<string, string> | undefined {
  try {
    const carrier: unknown = JSON.parse(metadata ?? 'null');
    return typeof carrier === 'object' && carrier !== null ? (carrier as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function w3cSpan({ traceparent, tracestate }: Record<string, string>): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(String(traceparent)) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) {
    return undefined;
  }
  const state = typeof tracestate === 'string' ? { traceState: createTraceState(tracestate) } : {};
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true, ...state };
  return isSpanContextValid(span) ? span : undefined;
}
