### The entries that wait in the browser until they can be sent.

outbox-text = What you enter without a connection is saved on this device and sent as soon as you’re back online.
outbox-saved = Saved on this device. It’s sent as soon as you’re back online.
outbox-none = Everything has been sent.
outbox-send-now = Send now
outbox-entered = Entered
outbox-refused = This couldn’t be saved:
outbox-open = Open and correct
outbox-delete = Delete
outbox-delete-question = Delete this entry? It hasn’t been saved anywhere else.
outbox-fill-up = Fill-up
outbox-reading = Odometer reading
outbox-service = Service
outbox-reason-old = It was sent more than a month ago, and there was no response. Check whether it is in your records, then open it to send it again, or delete it.
outbox-reason-other = The server rejected it.
