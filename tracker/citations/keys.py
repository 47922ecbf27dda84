"""Every key a reader knows, by shape: read, or ignored and why. What is on no list is reported.

An engine adds a field before it changes a number; this table is how that is seen. `a.b[].c` is a path,
`*` one key of any name, a trailing `.**` everything below. `KINDS` lists the values of the fields that
decide which reader looks at an item, since a new kind of item is as good as a new key.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracker.citations.product_keys import PRODUCT_KEYS, below
from tracker.citations.results import Shape

# Blocks that hold blocks: `@block` in a path goes on here, at any depth.
NESTED: Mapping[str, str] = {
    "block": """
        type snippet title subtitle text answer reference_indexes table[] table[][].snippet
        table[][].reference_indexes list[].@block text_blocks[].@block comparison[].@block items[].@block
        cards[].@block blocks[].@block formatted.** top_stories[].@block
        snippet_highlighted_words answer_highlight level live source_icon snippet_links.** snippet_latex.**
        product_labels.** values.** feature video.** videos.** images.** image.** thumbnail link source date
        rating reviews price language code latex
        products.** local_results.** shopping_results.** headers.** detailed.** extensions.** places.**
        product.** related_questions.** icon index position""",
    "element": """
        type title text markdown references[].url references[].title references[].* links[].url
        links[].title links[].* items[].@element components[].@element table.table_header
        table.table_content[]
        snippet url position images.** rectangle.** rank_group rank_absolute page xpath
        asynchronous_ai_overview date timestamp image_url source domain data.** seller.** price.** rating.**
        is_video is_image is_malicious is_web_story breadcrumb website_name""",
}

_CHAT = {
    "read": """
        model error.message choices[].finish_reason choices[].error.message choices[].message.content
        choices[].message.content[].text choices[].message.refusal choices[].message.annotations[].type
        choices[].message.annotations[].url choices[].message.annotations[].title
        choices[].message.annotations[].start_index choices[].message.annotations[].end_index
        choices[].message.annotations[].url_citation.url choices[].message.annotations[].url_citation.title
        choices[].message.annotations[].url_citation.start_index
        choices[].message.annotations[].url_citation.end_index
        choices[].message.citations[] choices[].message.citations[].url choices[].message.citations[].title
        usage.prompt_tokens usage.completion_tokens usage.cost usage.cost_in_usd_ticks usage.num_sources_used
        usage.server_tool_use_details.web_search_requests usage.server_tool_use.web_search_requests""",
    "names and times": """
        id object created system_fingerprint service_tier choices[].index choices[].message.role
        choices[].message.content[].type choices[].native_finish_reason choices[].message.name
        choices[].message.tool_call_id
        choices[].stop_reason choices[].seed prompt.** metadata.** time_info.**
        choices[].provider_specific_fields.** choices[].message.provider_specific_fields.**
        usage.service_tier""",
    "tokens by kind, or the sum": """
        usage.total_tokens usage.prompt_tokens_details.** usage.completion_tokens_details.**
        usage.input_tokens usage.output_tokens usage.input_tokens_details.** usage.output_tokens_details.**
        usage.iterations.** usage.speed usage.inference_geo usage.cost_details.** usage.is_byok
        usage.prompt_time usage.completion_time usage.queue_time usage.total_time usage.pages
        usage.prompt_cache_hit_tokens usage.prompt_cache_miss_tokens usage.cached_tokens
        usage.cache_creation_input_tokens usage.cache_read_input_tokens usage.reasoning_tokens
        usage.server_tool_use_details.tool_calls_requested usage.server_tool_use_details.tool_calls_executed
        usage.server_tool_use_details.web_fetch_requests
        usage.server_tool_use.web_fetch_requests usage.server_tool_use.tool_search_requests""",
    "the model's own working": """
        choices[].logprobs.** choices[].message.reasoning choices[].message.reasoning_content
        choices[].message.reasoning_details.** choices[].message.thinking_blocks.**
        choices[].message.reasoning_items.** choices[].message.content[].thinking.**""",
    "other tools and other media": """
        choices[].message.tool_calls.** choices[].message.function_call.** choices[].message.audio.**
        choices[].message.images.** choices[].message.annotations[].url_citation.content
        choices[].message.annotations[].file.** choices[].message.annotations[].file_citation.**
        choices[].message.annotations[].document_citation.**
        choices[].message.annotations[].function_citation.**
        choices[].message.annotations[].url_citation.type choices[].message.parsed.**""",
    "who served it": """
        x_groq.** usage_breakdown.** generationId choices[].message.provider_metadata.** usage.market_cost
        usage.surcharge_cost usage.gateway_cost usage.provider_allowlist_cost""",
    "the request, echoed": "frequency_penalty presence_penalty temperature top_p",
    "of a page the message lists": "choices[].message.citations[].*",
    "whose account, and its price": "user_id costDollars.**",
    "left over from a stream": "choices[].delta.** choices[].message.refusal_details.** obfuscation",
    "safety verdicts": """
        moderation.** prompt_filter_results.** choices[].content_filter_results.** choices[].moderation.**""",
    "the error's own details": "error.** choices[].error.**",
}
_RESPONSES = {
    "read": """
        model status error.message incomplete_details.reason output[].type output[].phase
        output[].content[].type output[].content[].text output[].content[].refusal
        output[].content[].annotations[].type output[].content[].annotations[].url
        output[].content[].annotations[].title output[].content[].annotations[].start_index
        output[].content[].annotations[].end_index output[].action.type output[].action.query
        output[].action.queries[] output[].action.url output[].action.sources[].url
        output[].action.sources[].title output[].results[].url output[].results[].title citations[]
        citations[].url citations[].title output[].url output[].title
        usage.input_tokens usage.output_tokens usage.cost_in_usd_ticks usage.cost.total_cost
        usage.server_side_tool_usage_details.web_search_calls usage.num_server_side_tools_used
        usage.server_side_tool_usage_details.x_search_calls usage.tool_calls_details.search_web.invocation
        tool_usage.web_search.num_requests""",
    "the request, echoed": """
        background conversation.** frequency_penalty include.** instructions.** max_output_tokens
        max_tool_calls metadata.** parallel_tool_calls presence_penalty previous_response_id prompt.**
        prompt_cache_key prompt_cache_options.** prompt_cache_retention reasoning.** safety_identifier
        service_tier store temperature text.** tool_choice.** tools.** top_logprobs top_p truncation user
        input.** stream stream_options.** language_preference preset models.** search_parameters.**
        access_programs.** input_transformations.** image.** prompt_cache_diagnostics.**""",
    "names and times": """
        id object created_at completed_at billing.** output[].id output[].role output[].status
        output[].call_id output[].created_by output[].namespace output[].name output_text
        output[].action.sources[].type output[].action.sources[].name output[].agent.**
        output[].content[].id output[].async agent.** agent_reference.** agent_session_id
        output[].agent_reference.** output[].response_id""",
    "tokens by kind, or the sum": """
        usage.total_tokens usage.input_tokens_details.** usage.output_tokens_details.**
        usage.context_details.** usage.num_sources_used usage.server_side_tool_usage_details.**
        usage.cost.** usage.cost_details.** usage.is_byok usage.tool_calls_details.** tool_usage.**
        usage.server_tool_use_details.** usage.server_tool_use.** usage.prompt_tokens usage.completion_tokens
        usage.server_side_tool_usage.** usage.prompt_tokens_details.** usage.completion_tokens_details.**
        usage.audio_tokens""",
    "the model's own working": """
        output[].summary.** output[].encrypted_content output[].arguments.** output[].input.**
        output[].content[].logprobs.** output[].action.pattern output[].caller.** output[].caller_id""",
    "other tools": """
        output[].code output[].container_id output[].outputs.** output[].output.** output[].queries.**
        output[].results.** output[].result.** output[].server_label output[].approval_request_id
        output[].error.** output[].action.* output[].tools.** output[].reason output[].approve
        output[].annotations.** output[].execution output[].environment.** output[].operation.**
        output[].pending_safety_checks.** output[].acknowledged_safety_checks.** output[].actions.**
        output[].max_output_length output[].stdout output[].stderr output[].size output[].quality
        output[].svg_usage.** output[].action.path.** output[].action_id output[].kind output[].consent_link
        output[].background output[].output_format output[].revised_prompt output[].fingerprint
        output[].content[].annotations[].file_id output[].content[].annotations[].filename
        output[].content[].annotations[].index output[].content[].annotations[].container_id
        output[].content[].annotations[].site_name output[].content[].annotations[].snippet
        output[].content[].annotations[].content output[].httpStatus output[].datetime output[].timezone
        output[].exitCode output[].language output[].imageB64 output[].imageUrl output[].revisedPrompt
        output[].screenshotB64 output[].command output[].filePath output[].query output[].key
        output[].value.** output[].serverLabel output[].toolName""",
    "safety verdicts": "moderation.** content_filters.** output[].content[].moderation.**",
    "the places of `citations` once more": "inline_citations.** citations[].*",
    "the error's own details": "error.** incomplete_details.**",
}
_GROUNDING = """
    webSearchQueries[] imageSearchQueries[] retrievalQueries[] groundingChunks[].web.uri
    groundingChunks[].web.title groundingChunks[].web.domain
    groundingChunks[].retrievedContext.uri groundingChunks[].retrievedContext.title
    groundingChunks[].maps.uri groundingChunks[].maps.title groundingChunks[].image.sourceUri
    groundingChunks[].image.title groundingChunks[].image.domain
    groundingSupports[].groundingChunkIndices[] groundingSupports[].segment.startIndex
    groundingSupports[].segment.endIndex groundingSupports[].segment.partIndex
    groundingSupports[].segment.text groundingSupports[].segment_text searchEntryPoint.renderedContent
    groundingSupports[].supportChunkIndices[] groundingSupport[].groundingChunkIndices[]
    groundingSupport[].supportChunkIndices[] groundingSupport[].segment.startIndex
    groundingSupport[].segment.endIndex groundingSupport[].segment.partIndex groundingSupport[].segment.text
    groundingSupport[].segment_text groundingSupport[].segmentText groundingSupports[].segmentText"""
_GROUNDING_IGNORED = """
    retrievalMetadata.** groundingSupports[].confidenceScores.** groundingSupports[].renderedParts.**
    groundingSupports[].confidenceScore.** groundingSupport[].confidenceScores.**
    groundingSupport[].confidenceScore.** groundingSupport[].renderedParts.**
    searchEntryPoint.sdkBlob sourceFlaggingUris.** groundingChunks[].chunk_type
    googleMapsWidgetContextToken groundingChunks[].retrievedContext.** groundingChunks[].maps.**
    groundingChunks[].image.**"""


KEYS: Mapping[Shape, Mapping[str, str]] = {
    "openai_chat": {**_CHAT, "listed by xAI": "citations[] citations[].url citations[].title"},
    "openrouter": {
        **_CHAT,
        "read as retrieved": "citations[] citations[].url search_results[].url search_results[].title",
        "who served it upstream": "provider openrouter_metadata.**",
        "of a listed page": "search_results[].*",
    },
    "perplexity_chat": {
        **_CHAT,
        "read as retrieved": """
            citations[] citations[].url citations[].title search_results[].url search_results[].title
            usage.cost.total_cost usage.num_search_queries reasoning_steps[].web_search.**
            reasoning_steps[].fetch_url_content.** choices[].message.reasoning_steps[].web_search.**
            choices[].message.reasoning_steps[].fetch_url_content.**""",
        "the model's own steps": "reasoning_steps[].** choices[].message.reasoning_steps[].**",
        "of a listed page": "search_results[].* citations[].*",
        "price by part": "usage.cost.* usage.search_context_size usage.citation_tokens",
        "display": "images.** related_questions.** videos.**",
        "written by a gateway": "type status provider provider_specific_fields.**",
    },
    "groq": {
        **_CHAT,
        "read as retrieved": """
            choices[].message.executed_tools[].type choices[].message.executed_tools[].arguments.**
            choices[].message.executed_tools[].search_results.results[].url
            choices[].message.executed_tools[].search_results.results[].title
            choices[].message.executed_tools[].browser_results[].url
            choices[].message.executed_tools[].browser_results[].title""",
        "of a tool": """
            choices[].message.executed_tools[].index choices[].message.executed_tools[].output
            choices[].message.executed_tools[].name choices[].message.executed_tools[].id
            choices[].message.executed_tools[].code_results.**
            choices[].message.executed_tools[].search_results.images.**
            choices[].message.executed_tools[].search_results.results[].*
            choices[].message.executed_tools[].browser_results[].*""",
    },
    "litellm": {
        **_CHAT,
        "read from the engine's own fields": " ".join(
            (
                below("vertex_ai_grounding_metadata[]", _GROUNDING),
                below(
                    "choices[].message.provider_specific_fields",
                    """citations[][].url citations[][].title web_search_results[].content[].url
                    web_search_results[].content[].title web_search_calls[].input.query
                    web_search_calls[].action.query stop_reason
                    citationsContent[].citations[].location.web.url
                    citationsContent[].citations[].location.web.domain
                    citationsContent[].citations[].title citationsContent[].content[].text""",
                ),
            )
        ),
        "of a citation": " ".join(
            (
                below("vertex_ai_grounding_metadata[]", _GROUNDING_IGNORED),
                "choices[].message.provider_specific_fields.** vertex_ai_url_context_metadata.**",
                "vertex_ai_safety_ratings.** vertex_ai_safety_results.** vertex_ai_citation_metadata.**",
            )
        ),
        "written by litellm": "provider_specific_fields.** citations.** search_results.**",
    },
    "openai_responses": _RESPONSES,
    "perplexity_agent": {
        **_RESPONSES,
        "read as retrieved": """
            output[].queries[] output[].results[].id output[].results[].url output[].results[].title
            output[].contents[].url output[].contents[].title output[].contents[].id""",
        "of a listed page": "output[].results[].* output[].contents[].*",
        "of the sandbox and other tools": """
            output[].file_path output[].size_bytes output[].content output[].start_line output[].total_lines
            output[].message output[].count output[].files[] output[].truncated output[].added[]
            output[].deleted[] output[].modified[] output[].file_id output[].filename output[].url
            output[].language output[].advice output[].question output[].error_code output[].error_message
            output[].item_name output[].payload.** output[].thought_signature""",
    },
    "gemini": {
        "read": " ".join(
            (
                below("candidates[].groundingMetadata", _GROUNDING),
                below("groundingMetadata", _GROUNDING),
                """modelVersion promptFeedback.blockReason error.message candidates[].finishReason
                candidates[].content.parts[].text candidates[].content.parts[].thought
                candidates[].content.parts[].toolCall.toolType
                candidates[].content.parts[].toolCall.args.queries[]
                candidates[].urlContextMetadata.urlMetadata[].retrievedUrl
                candidates[].urlContextMetadata.urlMetadata[].urlRetrievalStatus
                usageMetadata.promptTokenCount usageMetadata.candidatesTokenCount
                usageMetadata.thoughtsTokenCount usageMetadata.toolUsePromptTokenCount""",
            )
        ),
        "names and times": """
            candidates[].index candidates[].content.role createTime responseId candidates[].finishMessage
            sdkHttpResponse.** automaticFunctionCallingHistory.** modelStatus.**""",
        "tokens by kind, or the sum": """
            usageMetadata.totalTokenCount usageMetadata.cachedContentTokenCount
            usageMetadata.cacheTokensDetails.** usageMetadata.promptTokensDetails.**
            usageMetadata.candidatesTokensDetails.** usageMetadata.toolUsePromptTokensDetails.**
            usageMetadata.serviceTier usageMetadata.trafficType candidates[].tokenCount
            usageMetadata.billablePromptUsage.** usageMetadata.responseTokenCount
            usageMetadata.responseTokensDetails.**""",
        "the model's own working": """
            candidates[].content.parts[].thoughtSignature candidates[].avgLogprobs
            candidates[].logprobsResult.** candidates[].content.parts[].toolCall.**
            candidates[].content.parts[].toolResponse.**""",
        "other parts": """
            candidates[].content.parts[].functionCall.** candidates[].content.parts[].functionResponse.**
            candidates[].content.parts[].executableCode.** candidates[].content.parts[].inlineData.**
            candidates[].content.parts[].codeExecutionResult.** candidates[].content.parts[].fileData.**
            candidates[].content.parts[].videoMetadata.** candidates[].content.parts[].partMetadata.**
            candidates[].content.parts[].mediaResolution.**""",
        "not a citation of the web": " ".join(
            (
                below("candidates[].groundingMetadata", _GROUNDING_IGNORED),
                below("groundingMetadata", _GROUNDING_IGNORED),
                "candidates[].citationMetadata.** candidates[].groundingAttributions.**",
            )
        ),
        "safety verdicts": "candidates[].safetyRatings.** promptFeedback.**",
        "the error's own details": "error.**",
    },
    "gemini_interactions": {
        "read": """
            model agent status error.message *[].type *[].text *[].content[].type *[].content[].text
            *[].content[].annotations[].type *[].content[].annotations[].url
            *[].content[].annotations[].title *[].content[].annotations[].start_index
            *[].content[].annotations[].end_index *[].content[].annotations[].source
            *[].content[].annotations[].uri *[].annotations[].type *[].annotations[].url
            *[].annotations[].title *[].annotations[].source *[].annotations[].uri
            *[].annotations[].start_index *[].annotations[].end_index
            *[].arguments.queries[] *[].result[].url *[].result[].title *[].result[].status
            *[].result.url *[].result.title *[].result.status *[].result[].places[].url
            *[].result[].places[].name *[].content[].annotations[].name *[].annotations[].name
            usage.total_input_tokens usage.total_output_tokens usage.total_thought_tokens
            usage.total_tool_use_tokens usage.grounding_tool_count[].type
            usage.grounding_tool_count[].search_query_count usage.grounding_tool_count[].count""",
        "names and times": """
            *[].status environment.** id object created updated role service_tier previous_interaction_id
            *[].id *[].call_id
            *[].is_error *[].name *[].search_type environment_id webhook_config.** labels.**""",
        "tokens by kind, or the sum": """
            usage.total_tokens usage.total_cached_tokens usage.total_reasoning_tokens
            usage.input_tokens_by_modality.** usage.output_tokens_by_modality.**
            usage.cached_tokens_by_modality.** usage.tool_use_tokens_by_modality.**
            usage.grounding_tool_count[].* usage.raw_prompt_token
            usage.model_invocation_token_counts.** usage.non_grounding_model_invocation_token_counts.**""",
        "the model's own working": """
            *[].signature *[].summary.** *[].arguments.* *[].content[].summary.**
            *[].content[].signature""",
        "display and other tools": """
            *[].result[].*.** *[].result[].places[].*.** *[].result.*.** *[].server_name *[].content[].data
            *[].content[].mime_type
            *[].content[].uri *[].data *[].mime_type *[].uri *[].resolution *[].content[].resolution
            *[].content[].annotations[].*.** *[].annotations[].*.**""",
        "the request, echoed": """
            input.** tools.** tool_choice.** system_instruction response_format.** response_mime_type
            generation_config.** agent_config.** response_modalities.** cached_content""",
        "the error's own details": "error.**",
    },
    "anthropic": {
        "read": """
            model type stop_reason stop_details.explanation stop_details.category content
            content[].type content[].text content[].name content[].input.query
            content[].content[].type content[].content[].url content[].content[].title
            content[].content.type content[].content.url content[].content.error_code
            content[].content[].error_code content[].content.content.title
            content[].citations[].type content[].citations[].url content[].citations[].title
            content[].citations[].source content[].citations[].document_index
            content[].citations[].document_title
            usage.input_tokens usage.output_tokens
            usage.cache_creation_input_tokens usage.cache_read_input_tokens
            usage.server_tool_use.web_search_requests""",
        "names and times": """
            id role stop_sequence stop_details.** content[].id content[].tool_use_id container.**
            usage.service_tier usage.inference_geo usage.speed context_management.** content[].caller.**
            content[].content[].page_age content[].content.retrieved_at diagnostics.** output.**
            request_id _request_id content[].index""",
        "tokens by kind, or the sum": """
            usage.cache_creation.** usage.output_tokens_details.** usage.server_tool_use.*
            usage.iterations.**""",
        "the model's own working": """
            content[].thinking content[].signature content[].data content[].content[].encrypted_content
            content[].citations[].encrypted_index content[].input.**""",
        "of a citation": "content[].citations[].*",
        "other tools": """
            content[].content.** content[].content[].*.** content[].parsed_output.**
            content[].server_name content[].is_error content[].file_id content[].from.** content[].to.**""",
    },
    "bedrock": {
        "read": """
            stopReason modelId output.message.content[].text output.message.content[].toolUse.name
            output.message.content[].toolUse.input.query
            output.message.content[].citationsContent.citations[].location.web.url
            output.message.content[].citationsContent.citations[].location.web.domain
            output.message.content[].citationsContent.citations[].title
            output.message.content[].citationsContent.citations[].source
            output.message.content[].citationsContent[].location.web.url
            output.message.content[].citationsContent[].location.web.domain
            output.message.content[].citationsContent[].title
            output.message.content[].citationsContent[].source
            output.message.content[].citationsContent.content[].text
            usage.inputTokens usage.outputTokens""",
        "names and times": """
            metrics.** output.message.role ResponseMetadata.** output.message.content[].toolUse.toolUseId
            output.message.content[].toolUse.type performanceConfig.** serviceTier.** trace.**
            additionalModelResponseFields.** promptRouterTrace.**""",
        "tokens by kind, or the sum": """
            usage.totalTokens usage.serverToolUsage.** usage.serverToolUse.** usage.cacheReadInputTokens
            usage.cacheWriteInputTokens usage.cacheReadInputTokenCount usage.cacheWriteInputTokenCount
            usage.cacheDetails.**""",
        "the model's own working": "output.message.content[].reasoningContent.**",
        "other tools": """
            output.message.content[].toolResult.** output.message.content[].toolUse.input.*
            output.message.content[].guardContent.** output.message.content[].image.**
            output.message.content[].video.** output.message.content[].document.**
            output.message.content[].cachePoint.** output.message.content[].searchResult.**""",
        "of a citation": """
            output.message.content[].citationsContent.citations[].sourceContent.**
            output.message.content[].citationsContent.citations[].location.*.**
            output.message.content[].citationsContent[].sourceContent.**
            output.message.content[].citationsContent[].location.*.**""",
    },
    "cohere": {
        "read": """
            model finish_reason message.content message.content[].type message.content[].text
            message.citations[].type message.citations[].start message.citations[].end
            message.citations[].text message.citations[].content_index message.citations[].sources[].id
            message.citations[].sources[].document.id message.citations[].sources[].document.url
            message.citations[].sources[].document.title message.citations[].sources[].tool_output.url
            message.citations[].sources[].tool_output.title
            text citations[].start citations[].end citations[].text citations[].document_ids[]
            documents[].id documents[].url documents[].title search_queries[].text
            meta.tokens.input_tokens meta.tokens.output_tokens meta.billed_units.search_units
            usage.tokens.input_tokens usage.tokens.output_tokens usage.billed_units.search_units
            usage.billed_units.input_tokens usage.billed_units.output_tokens""",
        "names and times": """
            id message.role message.citations[].sources[].type response_id generation_id
            search_queries[].generation_id meta.api_version.** meta.warnings.** citations[].type""",
        "tokens by kind, or the sum": """
            usage.tokens.reasoning_tokens usage.cached_tokens usage.billed_units.* usage.tokens.*
            meta.billed_units.* meta.tokens.* meta.cached_tokens""",
        "the conversation, echoed": "chat_history.** search_results.** is_search_required",
        "the model's own working": "message.content[].thinking message.tool_plan logprobs.**",
        "of a document": """
            documents[].* message.citations[].sources[].document.*
            message.citations[].sources[].tool_output.**
            message.content[].image_url.**""",
        "other tools": "message.tool_calls.**",
    },
    "mistral": {
        "read": """
            finish_reason outputs[].type outputs[].name outputs[].model outputs[].arguments.**
            outputs[].content outputs[].content[].type outputs[].content[].text outputs[].content[].url
            outputs[].content[].title usage.prompt_tokens usage.completion_tokens usage.connectors.*""",
        "names and times": """
            conversation_id object outputs[].object outputs[].id outputs[].created_at
            outputs[].completed_at outputs[].role outputs[].agent_id outputs[].content[].tool
            outputs[].tool_call_id outputs[].confirmation_status outputs[].previous_agent_id
            outputs[].previous_agent_name outputs[].next_agent_id outputs[].next_agent_name
            outputs[].agent_name outputs[].function""",
        "tokens by kind, or the sum": "usage.total_tokens usage.connector_tokens usage.*",
        "of a cited page": "outputs[].content[].favicon outputs[].content[].description "
        "outputs[].content[].source",
        "the model's own working": "outputs[].content[].thinking.** outputs[].content[].closed guardrails.**",
        "other tools": """
            outputs[].info.** outputs[].content[].file_id outputs[].content[].file_name
            outputs[].content[].file_type outputs[].content[].image_url.**
            outputs[].content[].document_url outputs[].content[].document_name outputs[].metadata.**
            outputs[].content[].reference_ids[] outputs[].content[].metadata.**""",
    },
    "exa": {
        "read": """
            answer citations[].url citations[].id citations[].title costDollars.total error""",
        "names and times": "requestId searchTime tag resolvedSearchType",
        "of a listed page": "citations[].*",
        "price by part": "costDollars.**",
    },
    "tavily": {
        "read": "query answer results[].url results[].title",
        "names and times": "request_id response_time usage.** auto_parameters.**",
        "of a listed page": "results[].*",
        "display": "images.** follow_up_questions.**",
    },
    "serpapi_overview": {
        "read": """
            ai_overview.text_blocks[].@block ai_overview.texts[].@block
            ai_overview.references[].index ai_overview.references[].link ai_overview.references[].href
            ai_overview.references[].title ai_overview.page_token ai_overview.error search_parameters.q
            search_parameters.engine search_metadata.status error""",
        "names and times": "search_metadata.** search_parameters.** search_information.**",
        "of a listed page": "ai_overview.references[].*",
        "the overview's address and pictures": """
            ai_overview.serpapi_link ai_overview.thumbnail ai_overview.video.** ai_overview.images.**
            ai_overview.inline_videos.** ai_overview.inline_images.** ai_overview.products.**""",
        "the rest of the result page": "*.**",
    },
    "serpapi_ai_mode": {
        "read": """
            text_blocks[].@block references[].index references[].link references[].title
            reference_links[].index
            reference_links[].link reference_links[].title search_parameters.q search_parameters.engine
            search_metadata.status error response_metadata.model""",
        "names and times": """
            search_metadata.** search_parameters.** search_information.** response_metadata.**""",
        "of a listed page": "references[].* reference_links[].*",
        "the text once more": "markdown reconstructed_markdown html",
        "display": """
            inline_images.** inline_videos.** shopping_results.** local_results.** quick_results.**
            subsequent_request_token related_questions.** web_results.** header_images.** thumbnail
            images.** videos.** inline_products.** local_map.** page_token serpapi_link cards.**""",
    },
    "dataforseo": {
        "read": """
            status_code status_message cost tasks[].status_code tasks[].status_message
            tasks[].result[].keyword tasks[].result[].type tasks[].result[].items[].@element
            keyword type items[].@element""",
        "names and times": """
            version time tasks_count tasks_error tasks[].id tasks[].time tasks[].cost
            tasks[].result_count tasks[].path.** tasks[].data.** tasks[].result[].se_domain
            tasks[].result[].location_code tasks[].result[].language_code tasks[].result[].check_url
            tasks[].result[].datetime tasks[].result[].spell.** tasks[].result[].item_types.**
            tasks[].result[].se_results_count tasks[].result[].items_count tasks[].result[].pages_count
            tasks[].result[].refinement_chips.** se_domain location_code language_code check_url datetime
            spell.** item_types.** se_results_count items_count pages_count refinement_chips.** id""",
    },
    "error": {"read": "**"},
    **PRODUCT_KEYS,
}

# Values of the fields that choose a reader's branch: a value on no list is reported like an unknown key.
KINDS: Mapping[Shape, Mapping[str, str]] = {
    "openai_responses": {
        "output[].type": """
            message reasoning web_search_call x_search_call file_search_call function_call
            code_interpreter_call computer_call image_generation_call mcp_call mcp_list_tools
            mcp_approval_request custom_tool_call local_shell_call shell_call shell_call_output
            apply_patch_call apply_patch_call_output compaction tool_search_call tool_search_output
            function_call_output computer_call_output local_shell_call_output
            mcp_approval_response custom_tool_call_output program program_output additional_tools
            bing_grounding_call bing_grounding_call_output bing_custom_search_preview_call
            bing_custom_search_preview_call_output azure_ai_search_call azure_ai_search_call_output
            azure_function_call azure_function_call_output openapi_call openapi_call_output
            sharepoint_grounding_preview_call sharepoint_grounding_preview_call_output
            fabric_dataagent_preview_call fabric_dataagent_preview_call_output
            browser_automation_preview_call browser_automation_preview_call_output memory_search_call
            memory_command_preview_call memory_command_preview_call_output a2a_preview_call
            a2a_preview_call_output oauth_consent_request structured_outputs workflow_action
            openrouter:web_search openrouter:web_fetch openrouter:datetime openrouter:image_generation
            openrouter:code_interpreter openrouter:file_search openrouter:browser_use openrouter:bash
            openrouter:text_editor openrouter:apply_patch openrouter:shell openrouter:tool_search
            openrouter:memory openrouter:mcp openrouter:experimental__search_models openrouter:fusion
            openrouter:advisor openrouter:subagent openrouter:files""",
        "output[].content[].type": "output_text refusal reasoning_text text summary_text",
        "output[].content[].annotations[].type": """
            url_citation file_citation container_file_citation file_path""",
        "output[].action.type": "search open_page find_in_page find exec",
    },
    "openai_chat": {
        "choices[].message.annotations[].type": """
            url_citation file file_citation document_citation function_citation"""
    },
    "anthropic": {
        "content[].type": """
            text thinking redacted_thinking server_tool_use tool_use web_search_tool_result
            web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result
            text_editor_code_execution_tool_result tool_search_tool_result mcp_tool_use mcp_tool_result
            container_upload compaction fallback advisor_tool_result""",
        "content[].citations[].type": """
            web_search_result_location search_result_location char_location page_location
            content_block_location""",
    },
    "gemini_interactions": {
        "steps[].type": """
            thought model_output google_search_call google_search_result url_context_call
            url_context_result code_execution_call code_execution_result function_call function_result
            file_search_call file_search_result mcp_server_tool_call mcp_server_tool_result
            google_maps_call google_maps_result user_input retrieval_call retrieval_result
            processing_call processing_result""",
    },
    "mistral": {
        "outputs[].type": "message.output tool.execution function.call agent.handoff",
        "outputs[].content[].type": "text tool_reference thinking tool_file image_url document_url reference",
    },
}
SAME_KINDS: Mapping[Shape, Shape] = {
    "openrouter": "openai_chat",
    "perplexity_chat": "openai_chat",
    "groq": "openai_chat",
    "litellm": "openai_chat",
}
AGENT_ITEMS = """
    search_results fetch_url_results fetch_url_call search_call skill_loaded advisor_result sandbox_results
    sandbox_write_file sandbox_read_file sandbox_edit_file sandbox_grep sandbox_glob sandbox_apply_patch
    share_file unknown"""
