// Server-Sent Events by fetch, because EventSource cannot send a token.
const REST_MS = 2000;

export async function follow(url, token, signal, tell, lost) {
  let last = null;
  while (!signal.aborted) {
    try {
      const headers = { authorization: `Bearer ${token}`, ...(last && { 'last-event-id': last }) };
      const answer = await fetch(url, { headers, signal, credentials: 'omit', cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      last = await read(answer.body, tell, last);
    } catch {
      if (!signal.aborted) lost();
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}

async function read(body, tell, last) {
  let text = '';
  for (const reader = body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return last;
    text += value;
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      const lines = event.split('\n');
      const data = lines.find((line) => line.startsWith('data: '));
      last = lines.find((line) => line.startsWith('id: '))?.slice(4) ?? last;
      if (data) tell(JSON.parse(data.slice(6)));
    }
  }
}
