package cloudformation

// Queue is an SQS queue: here dead letters go there, and nothing reads it.
type Queue struct{ Name, ARN string }

func (l *loader) queue(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("QueueName", "%v", err)
	}
	p.text("QueueName")
	p.oneOf("FifoQueue", "", "false")
	arn, _ := l.arnOf(p.kind, name)
	l.encrypted(arn, p.text("KmsMasterKeyId"))
	l.stack.Queues = append(l.stack.Queues, Queue{Name: name, ARN: arn})
}
