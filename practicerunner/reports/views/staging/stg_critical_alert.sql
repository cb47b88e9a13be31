select id as alert_id, case_id, raised_at, closed_at from critical_alert
