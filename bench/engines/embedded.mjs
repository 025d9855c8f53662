// The engine embedded: no server. A dead process of this machine is known by its pid.
export const detectionMs = 5_000;
export const durable = false;

export async function startServer() {
  return { address: {}, stop: async () => undefined };
}

export const worker = () => ({});
